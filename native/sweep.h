/* Sweeps among chosen nodes: what grad, jacobian, hvp... and backward() with rules of Python's in the graph run on.
 *
 * A Sweep holds a part of a graph with its edges as indices. Cotangents and tangents wait in arrays of the call, not in
 * nodes, so that Python code may run in the middle (users' rules, signal handlers, another sweep of the same graph).
 *
 * The order of all additions is that of autograd/sweeps.py, so that both cores give the same bits.
 */

#ifndef VALUEGRAD_SWEEP_H
#define VALUEGRAD_SWEEP_H

#include "common.h"
#include "node.h"
#include "order.h"

typedef struct {
    PyObject_HEAD
    Py_ssize_t size, input_count, output_count, widest;
    Node **nodes;       /* in topological order, each with a reference */
    Py_ssize_t *first;  /* size + 1: where a node's edges begin */
    int32_t *edges;     /* for each operand its index among the nodes, or -1 */
    int32_t *inputs, *outputs;
} Sweep;

static PyTypeObject *SweepType;

/* --- making ------------------------------------------------------------------------------------------ */

/* One index has room for so many nodes: 2**31 of 96 bytes are 200 GB. */
#define MOST_NODES ((Py_ssize_t)INT32_MAX)

static void sweep_dealloc(PyObject *self) {
    Sweep *sweep = (Sweep *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (Py_ssize_t i = 0; i < sweep->size; i++) Py_DECREF((PyObject *)sweep->nodes[i]);
    PyMem_Free(sweep->nodes);
    PyMem_Free(sweep->first);
    PyMem_Free(sweep->edges);
    PyMem_Free(sweep->inputs);
    PyMem_Free(sweep->outputs);
    freefunc free_sweep = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    free_sweep(self);
    Py_DECREF((PyObject *)type);
}

static Sweep *new_sweep(Py_ssize_t room, Py_ssize_t inputs, Py_ssize_t outputs) {
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(SweepType, Py_tp_alloc);
    Sweep *sweep = room > MOST_NODES ? NULL : (Sweep *)allocate(SweepType, 0); /* zeroed */
    if (!sweep) return (Sweep *)(PyErr_Occurred() ? NULL : PyErr_NoMemory());
    sweep->nodes = PyMem_Malloc((size_t)(room + 1) * sizeof(Node *));
    sweep->first = PyMem_Malloc((size_t)(room + 1) * sizeof(Py_ssize_t));
    sweep->inputs = PyMem_Malloc((size_t)(inputs + 1) * sizeof(int32_t));
    sweep->outputs = PyMem_Malloc((size_t)(outputs + 1) * sizeof(int32_t));
    if (sweep->nodes && sweep->first && sweep->inputs && sweep->outputs) return sweep;
    Py_DECREF((PyObject *)sweep);
    return (Sweep *)PyErr_NoMemory();
}

/* The index of a node that bears one of the marks from `base` on; -1 of anything else. */
static int32_t index_of(Node *node, uint64_t base, Py_ssize_t size) {
    return node && node->mark >= base && node->mark < base + (uint64_t)size ? (int32_t)(node->mark - base) : -1;
}

static Node *node_or_null(PyObject *object) { return is_node(object) ? (Node *)object : NULL; }

/* Fill in the edges once the nodes are known; -1 with an exception. */
static int connect_nodes(Sweep *sweep, PyObject *inputs, PyObject *outputs) {
    Node **operands;
    double *primals;
    Py_ssize_t edges = 0;
    uint64_t base = take_marks((uint64_t)sweep->size + 1);
    if (!base) return -1;
    for (Py_ssize_t i = 0; i < sweep->size; i++) {
        sweep->nodes[i]->mark = base + (uint64_t)i;
        edges += operands_of(sweep->nodes[i], &operands, &primals);
    }
    if (!(sweep->edges = PyMem_Malloc((size_t)(edges + 1) * sizeof(int32_t)))) {
        PyErr_NoMemory();
        return -1;
    }
    edges = 0;
    for (Py_ssize_t i = 0; i < sweep->size; i++) {
        Py_ssize_t count = operands_of(sweep->nodes[i], &operands, &primals);
        sweep->first[i] = edges;
        if (count > sweep->widest) sweep->widest = count;
        for (Py_ssize_t j = 0; j < count; j++) sweep->edges[edges++] = index_of(operands[j], base, sweep->size);
    }
    sweep->first[sweep->size] = edges;
    sweep->input_count = PyList_Size(inputs);
    sweep->output_count = PyList_Size(outputs);
    for (Py_ssize_t i = 0; i < sweep->input_count; i++)
        sweep->inputs[i] = index_of(node_or_null(PyList_GetItem(inputs, i)), base, sweep->size);
    for (Py_ssize_t i = 0; i < sweep->output_count; i++)
        sweep->outputs[i] = index_of(node_or_null(PyList_GetItem(outputs, i)), base, sweep->size);
    return 0;
}

/* Sweep(order, inputs, outputs): of the order only what depends on the inputs. */
static PyObject *sweep_new(UNUSED PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"order", "inputs", "outputs", NULL};
    PyObject *order, *inputs, *outputs;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:Sweep", names, &order, &inputs, &outputs)) return NULL;
    if (!(order = PySequence_List(order))) return NULL;
    inputs = PySequence_List(inputs);
    outputs = inputs ? PySequence_List(outputs) : NULL;
    Py_ssize_t total = PyList_Size(order);
    Sweep *sweep = outputs ? new_sweep(total, PyList_Size(inputs), PyList_Size(outputs)) : NULL;
    if (!sweep) goto done;
    uint64_t inside = take_marks(1);
    if (!inside) {
        Py_DECREF((PyObject *)sweep);
        sweep = NULL;
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(inputs); i++) {
        Node *input = node_or_null(PyList_GetItem(inputs, i));
        if (input) input->mark = inside;
    }
    for (Py_ssize_t i = 0; i < total; i++) {
        Node *node = node_or_null(PyList_GetItem(order, i)), **operands;
        double *primals;
        if (!node) {
            PyErr_SetString(PyExc_TypeError, "order must be a list of Values");
            Py_DECREF((PyObject *)sweep);
            sweep = NULL;
            goto done;
        }
        Py_ssize_t count = operands_of(node, &operands, &primals);
        int depends = node->mark == inside;
        for (Py_ssize_t j = 0; j < count && !depends; j++) depends = operands[j] && operands[j]->mark == inside;
        if (!depends) continue;
        node->mark = inside;
        Py_INCREF((PyObject *)node);
        sweep->nodes[sweep->size++] = node;
    }
    if (connect_nodes(sweep, inputs, outputs) < 0) {
        Py_DECREF((PyObject *)sweep);
        sweep = NULL;
    }
done:
    Py_DECREF(order);
    Py_XDECREF(inputs);
    Py_XDECREF(outputs);
    return (PyObject *)sweep;
}

#endif
