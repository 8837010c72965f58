/* Value.backward(): one float sweep over all that a root depends on, with the cotangents in the nodes.
 *
 * The fast way runs no Python code, so nobody can see or disturb the nodes meanwhile. Where Python's rules are in the
 * graph, or a switch of autograd.modes is on, or any Value has hooks, the sweep is that of pull.h; also where a signal's
 * handler has walked a graph in the middle: no leaf has changed yet, and there it may walk again.
 */

#ifndef VALUEGRAD_BACKWARD_H
#define VALUEGRAD_BACKWARD_H

#include "common.h"
#include "node.h"
#include "order.h"
#include "pull.h"

/* Add a share to an operand's cotangent; the first one that arrives in this sweep begins it. */
static inline void give(Node *operand, double share, uint64_t mark) {
    if (operand->mark == mark) {
        operand->mark = mark + 1;
        operand->cotangent = share;
    } else operand->cotangent += share;
}

/* Hand a node's cotangent on to its operands; returns how many those are, 0 for few, or -1 if there is no memory. */
static inline Py_ssize_t hand_on(Node *node, uint64_t mark) {
    double cotangent = node->cotangent, out = node->data, partial;
    Node *a = node->as.pair.a, *b = node->as.pair.b;
    double x = node->as.pair.x, y = node->as.pair.y;
    Node **operands = node->as.many.operands;
    const double *v = node->as.many.primals;
    Py_ssize_t count = node->as.many.count;
    switch (node->op - 1) {
#define CASE1(row) \
    case OP_##row: \
        if (a && d0_##row(&partial, out, x)) give(a, cotangent * partial, mark); \
        break;
#define CASE2(row) \
    case OP_##row: \
        if (a && d0_##row(&partial, out, x, y)) give(a, cotangent * partial, mark); \
        if (b && d1_##row(&partial, out, x, y)) give(b, cotangent * partial, mark); \
        break;
#define CASE3(row) \
    case OP_##row: \
        if (operands[0] && d0_##row(&partial, out, v[0], v[1], v[2])) give(operands[0], cotangent * partial, mark); \
        if (operands[1] && d1_##row(&partial, out, v[0], v[1], v[2])) give(operands[1], cotangent * partial, mark); \
        if (operands[2] && d2_##row(&partial, out, v[0], v[1], v[2])) give(operands[2], cotangent * partial, mark); \
        break;
#define CASEN(row) \
    case OP_##row: { \
        double *partials = scratch_for((size_t)count * (1 + WORK_PER_OPERAND)); \
        if (!partials) return -1; \
        d_##row(partials, out, count, v, partials + count); \
        for (Py_ssize_t i = 0; i < count; i++) \
            if (operands[i]) give(operands[i], cotangent * partials[i], mark); \
        return count; \
    }
        ROWS1(CASE1) ROWS2(CASE2) ROWS3(CASE3) ROWSN(CASEN)
#undef CASE1
#undef CASE2
#undef CASE3
#undef CASEN
    default: break;
    }
    return 0;
}

/* WALK_DONE, WALK_FAILED or WALK_DISTURBED. */
static int sweep_in_nodes(Node *root, double seed, const Nodes *order, uint64_t mark) {
    root->mark = mark + 1;
    root->cotangent = seed;
    size_t steps = 0;
    for (size_t i = order->count; i-- > 0;) {
        Node *node = order->items[i];
        if (!node->op || node->mark != mark + 1) continue;
        Py_ssize_t many = hand_on(node, mark);
        if (many < 0) return WALK_FAILED;
        steps += (size_t)many + 1;
        if (UNLIKELY(steps >= STEPS_BETWEEN_SIGNALS)) {
            steps = 0;
            int found = look_for_signals();
            if (found != WALK_DONE) return found;
        }
    }
    for (size_t i = 0; i < order->count; i++) { /* only now, so that whatever is raised changes no leaf */
        Node *leaf = order->items[i];
        if (!leaf->op && leaf->mark == mark + 1) leaf->as.leaf.grad += leaf->cotangent;
    }
    return WALK_DONE;
}

static int sweep_in_arrays(double seed, const Nodes *order) {
    Py_ssize_t size = (Py_ssize_t)order->count;
    PyObject *nothing = PyList_New(0), *watch = NULL;
    Sweep *sweep = nothing ? new_sweep(size, 0, 0) : NULL;
    double *cotangents = PyMem_Malloc((size_t)size * sizeof(double));
    char *has = PyMem_Calloc((size_t)size, 1);
    int failed = -1;
    if (!sweep || !cotangents || !has) {
        if (!PyErr_Occurred()) PyErr_NoMemory();
        goto done;
    }
    for (; sweep->size < size; sweep->size++) {
        sweep->nodes[sweep->size] = order->items[sweep->size];
        Py_INCREF((PyObject *)order->items[sweep->size]);
    }
    if (connect_nodes(sweep, nothing, nothing) < 0) goto done;
    if (state->active) {
        if (!(watch = PyObject_CallFunctionObjArgs(python.watch, NULL))) goto done;
        if (watch == Py_None) Py_CLEAR(watch);
    }
    has[size - 1] = 1;
    cotangents[size - 1] = seed;
    if ((failed = pull_numbers(sweep, cotangents, has, watch)) < 0) goto done;
    for (Py_ssize_t i = 0; i < size; i++) {
        Node *node = sweep->nodes[i];
        if (node->op) node->cotangent = has[i] ? cotangents[i] : 0.0;
        else if (has[i]) node->as.leaf.grad += cotangents[i];
    }
done:
    Py_XDECREF(nothing);
    Py_XDECREF(watch);
    Py_XDECREF((PyObject *)sweep);
    PyMem_Free(cotangents);
    PyMem_Free(has);
    return failed;
}

/* value.backward(gradient=1.0) */
static PyObject *node_backward(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"gradient", NULL};
    PyObject *gradient = NULL;
    double seed = 1.0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:backward", names, &gradient)) return NULL;
    if (gradient && as_double(gradient, "gradient", &seed) < 0) return NULL;
    Nodes stack = take_spare(&spare_stack), order = take_spare(&spare_order);
    int found = WALK_FAILED, in_python = 0;
    uint64_t mark = 0;
    if (reserve(&stack, 1) == 0) {
        stack.items[stack.count++] = (Node *)self;
        mark = walk(&stack, &order, NULL, &in_python);
    }
    if (mark) {
        found = state->active || state->hooked || in_python ? WALK_DISTURBED : sweep_in_nodes((Node *)self, seed, &order, mark);
        if (found == WALK_DISTURBED) found = sweep_in_arrays(seed, &order);
    }
    scratch_done();
    give_spare(&spare_stack, &stack);
    give_spare(&spare_order, &order);
    if (found < 0) return NULL;
    Py_RETURN_NONE;
}

#endif
