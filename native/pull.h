/* Sweeps backward: cotangents from the last node of a Sweep to the first. */

#ifndef VALUEGRAD_PULL_H
#define VALUEGRAD_PULL_H

#include "common.h"
#include "partials.h"
#include "sweep.h"

static int is_anomaly(double share, double above) {
    return share != share || (!isfinite(share) && isfinite(above));
}

/* Whether a node may have hooks: they are known by weak references to it. */
static inline int may_be_hooked(const Node *node) { return UNLIKELY(state->hooked != 0) && node->weakrefs; }

/* Let a node's hooks change its cotangent, which is a number unless nodes are asked for; 0, or -1 with an exception. */
static int call_hooks(Node *node, Operand *cotangent, int as_nodes) {
    PyObject *before = object_of(*cotangent), *after = NULL;
    if (before) after = PyObject_CallFunctionObjArgs(python.hooks, (PyObject *)node, before, NULL);
    Py_XDECREF(before);
    if (!after) return -1;
    PyObject *old = (PyObject *)cotangent->node;
    if (as_nodes && is_node(after)) *cotangent = (Operand){(Node *)after, 0.0};
    else {
        double number = PyFloat_AsDouble(after);
        Py_DECREF(after);
        if (number == -1.0 && PyErr_Occurred()) return -1;
        *cotangent = constant(number);
    }
    Py_XDECREF(old);
    return 0;
}

/* Cotangents from the last node to the first, as numbers: `cotangents` where `has` says so begin as the seeds and end as
 * the sums. Under detect_anomaly `watch` is that. 0, or -1 with an exception. */
static int pull_numbers(Sweep *sweep, double *cotangents, char *has, PyObject *watch) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    size_t steps = 0;
    for (Py_ssize_t i = sweep->size; i-- > 0 && !failed;) {
        Node *node = sweep->nodes[i];
        if (has[i] && may_be_hooked(node)) {
            Operand cotangent = constant(cotangents[i]);
            if ((failed = call_hooks(node, &cotangent, 0)) < 0) break;
            cotangents[i] = cotangent.number;
        }
        if (!has[i] || !node->op) continue;
        const int32_t *edges = sweep->edges + sweep->first[i];
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = now_and_then(&steps, count)) < 0) break;
        if ((failed = partials_as_numbers(node, edges, &room)) < 0) break;
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            double share = cotangents[i] * room.numbers[j];
            int32_t k = edges[j];
            if (UNLIKELY(watch != NULL) && is_anomaly(share, cotangents[i])) {
                PyObject *answer = PyObject_CallMethod(watch, "check_backward", "OOdd", (PyObject *)node,
                                                       (PyObject *)sweep->nodes[k], cotangents[i], share);
                Py_XDECREF(answer);
                if ((failed = answer ? 0 : -1)) break;
            }
            cotangents[k] = has[k] ? cotangents[k] + share : share;
            has[k] = 1;
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

static void release_all(Operand *operands, const char *has, Py_ssize_t count) {
    for (Py_ssize_t i = 0; operands && has && i < count; i++)
        if (has[i]) Py_XDECREF((PyObject *)operands[i].node);
    PyMem_Free(operands);
}

/* The same with nodes, which can be differentiated again. */
static int pull_nodes(Sweep *sweep, Operand *cotangents, char *has) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    size_t steps = 0;
    for (Py_ssize_t i = sweep->size; i-- > 0 && !failed;) {
        Node *node = sweep->nodes[i];
        if (has[i] && may_be_hooked(node) && (failed = call_hooks(node, cotangents + i, 1)) < 0) break;
        if (!has[i] || !node->op) continue;
        const int32_t *edges = sweep->edges + sweep->first[i];
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = now_and_then(&steps, count)) < 0) break;
        if ((failed = partials_as_nodes(node, edges, &room)) < 0) break;
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            Operand share;
            if (!failed) failed = times(&share, cotangents[i], room.partials[j]);
            Py_XDECREF((PyObject *)room.partials[j].node);
            if (!failed) failed = gather(cotangents + edges[j], has + edges[j], share);
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

/* A seed as an operand that the caller owns; -1 with an exception. */
static int seed_from(PyObject *seed, Operand *operand) {
    *operand = constant(0.0);
    if (is_node(seed)) {
        Py_INCREF(seed);
        operand->node = (Node *)seed;
        return 0;
    }
    operand->number = PyFloat_AsDouble(seed);
    return operand->number == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* A list of the operands at the given indices; None where nothing arrived. */
static PyObject *answers(const Operand *found, const char *has, const int32_t *at, Py_ssize_t count) {
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = at[i] >= 0 && has[at[i]] ? object_of(found[at[i]]) : Py_None;
        if (item == Py_None) Py_INCREF(item);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, i, item);
    }
    return list;
}

/* The arguments of pull and push: a sequence of `count` seeds or Nones, and whether to create a graph. */
static PyObject *seeds_from(PyObject *args, PyObject *kwargs, const char *name, Py_ssize_t count, int *create) {
    static char *names[] = {"seeds", "create_graph", NULL};
    PyObject *seeds;
    *create = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p", names, &seeds, create)) return NULL;
    if (!(seeds = PySequence_List(seeds))) return NULL;
    if (PyList_Size(seeds) == count) return seeds;
    PyErr_Format(PyExc_ValueError, "%s takes %zd seeds, not %zd", name, count, PyList_Size(seeds));
    Py_DECREF(seeds);
    return NULL;
}

/* pull(cotangents, create_graph=False) -> the cotangents of the inputs */
static PyObject *sweep_pull(PyObject *self, PyObject *args, PyObject *kwargs) {
    Sweep *sweep = (Sweep *)self;
    int create, failed = -1;
    PyObject *seeds = seeds_from(args, kwargs, "pull", sweep->output_count, &create), *answer = NULL, *watch = NULL;
    if (!seeds) return NULL;
    char *has = PyMem_Calloc((size_t)sweep->size + 1, 1);
    Operand *cotangents = PyMem_Malloc(((size_t)sweep->size + 1) * sizeof(Operand));
    double *numbers = create ? NULL : PyMem_Malloc(((size_t)sweep->size + 1) * sizeof(double));
    if (!has || !cotangents || (!create && !numbers)) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < sweep->output_count; i++) {
        PyObject *seed = PyList_GetItem(seeds, i);
        int32_t k = sweep->outputs[i];
        Operand operand;
        if (seed == Py_None || k < 0) continue;
        if (seed_from(seed, &operand) < 0) goto done;
        if (create ? gather(cotangents + k, has + k, operand) < 0 : operand.node != NULL) {
            if (!PyErr_Occurred()) {
                Py_DECREF((PyObject *)operand.node);
                PyErr_SetString(PyExc_TypeError, "a seed is a Value, but no graph is to be created");
            }
            goto done;
        }
        if (!create) {
            numbers[k] = has[k] ? numbers[k] + operand.number : operand.number;
            has[k] = 1;
        }
    }
    if (create) failed = pull_nodes(sweep, cotangents, has);
    else {
        if (state->active) {
            if (!(watch = PyObject_CallFunctionObjArgs(python.watch, NULL))) goto done;
            if (watch == Py_None) Py_CLEAR(watch);
        }
        failed = pull_numbers(sweep, numbers, has, watch);
        for (Py_ssize_t i = 0; i < sweep->size; i++) cotangents[i] = constant(has[i] ? numbers[i] : 0.0);
    }
    if (!failed) answer = answers(cotangents, has, sweep->inputs, sweep->input_count);
done:
    if (create) release_all(cotangents, has, sweep->size);
    else PyMem_Free(cotangents);
    PyMem_Free(has);
    PyMem_Free(numbers);
    Py_XDECREF(watch);
    Py_DECREF(seeds);
    return answer;
}

#endif
