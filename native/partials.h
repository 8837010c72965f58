/* The partials of one node, for sweeps in which Python code may run: as numbers, or as nodes that can be
 * differentiated again. */

#ifndef VALUEGRAD_PARTIALS_H
#define VALUEGRAD_PARTIALS_H

#include "common.h"
#include "node.h"
#include "operators.h"
#include "traced_support.h"

/* Room for what one node needs, of the widest there is. */
typedef struct {
    Operand *partials, *operands;
    char *has; /* whether there is a partial for that operand */
    double *numbers, *work;
    int32_t *wanted; /* the edges that a partial is wanted for; -1 for the others */
} Room;

static int make_room(Room *room, Py_ssize_t widest) {
    size_t width = (size_t)widest + 1;
    size_t bytes = width * (2 * sizeof(Operand) + (1 + WORK_PER_OPERAND) * sizeof(double) + sizeof(int32_t) + 1);
    if (!(room->partials = PyMem_Malloc(bytes))) {
        PyErr_NoMemory();
        return -1;
    }
    room->operands = room->partials + width;
    room->numbers = (double *)(room->operands + width);
    room->work = room->numbers + width;
    room->wanted = (int32_t *)(room->work + WORK_PER_OPERAND * width);
    room->has = (char *)(room->wanted + width);
    return 0;
}

static void release_partials(Room *room, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++)
        if (room->has[i]) Py_XDECREF((PyObject *)room->partials[i].node);
}

/* By Python's rules, on floats or (traced) on nodes. */
static int partials_in_python(Node *node, const int32_t *wanted, Room *room, int traced) {
    Node **operands;
    double *primals;
    int op = node->op - 1, any_number = rows[op].arity == 0, failed = -1;
    Py_ssize_t count = operands_of(node, &operands, &primals), i;
    PyObject *rule = traced ? rows[op].row->traced : rows[op].row->partials, *all = NULL;
    Py_XINCREF(rule); /* the row may get another one meanwhile */
    PyObject *arguments = PyTuple_New(count + 1);
    memset(room->has, 0, (size_t)count);
    if (!rule) PyErr_Format(PyExc_TypeError, "%R has no partials yet", (PyObject *)rows[op].row);
    PyObject *rules = rule && arguments ? PySequence_Tuple(rule) : NULL;
    if (!rules) goto done;
    for (i = -1; i < count; i++) {
        PyObject *argument = (PyObject *)(i < 0 ? node : operands[i]);
        if (traced && argument) Py_INCREF(argument);
        else if (!(argument = PyFloat_FromDouble(i < 0 ? node->data : primals[i]))) goto done;
        PyTuple_SetItem(arguments, i + 1, argument);
    }
    if (any_number) { /* one function gives the partials of all operands */
        PyObject *first = PyTuple_GetItem(rules, 0), *answer = first ? PyObject_CallObject(first, arguments) : NULL;
        all = answer ? PySequence_Tuple(answer) : NULL;
        Py_XDECREF(answer);
        if (!all) goto done;
    }
    if (PyTuple_Size(all ? all : rules) != count) {
        PyErr_Format(PyExc_ValueError, "%R gives %zd partials for %zd operands", (PyObject *)rows[op].row,
                     PyTuple_Size(all ? all : rules), count);
        goto done;
    }
    for (i = 0; i < count; i++) {
        if (wanted[i] < 0) continue;
        PyObject *partial = PyTuple_GetItem(all ? all : rules, i);
        if (!all && PyCallable_Check(partial)) partial = PyObject_CallObject(partial, arguments);
        else Py_INCREF(partial);
        if (!partial) goto done;
        if (partial == Py_None) Py_DECREF(partial); /* absent */
        else if (traced && is_node(partial)) {
            room->partials[i] = (Operand){(Node *)partial, 0.0};
            room->has[i] = 1;
        } else {
            int refused = number_from(partial, "partial", op, &room->partials[i].number);
            Py_DECREF(partial);
            if (refused) goto done;
            room->partials[i].node = NULL;
            room->has[i] = 1;
        }
    }
    failed = 0;
done:
    if (failed) release_partials(room, count);
    Py_XDECREF(arguments);
    Py_XDECREF(rule);
    Py_XDECREF(rules);
    Py_XDECREF(all);
    return failed;
}

/* The partials by the wanted operands as numbers; `has` says which there are. 0, or -1 with an exception. */
static int partials_as_numbers(Node *node, const int32_t *wanted, Room *room) {
    int op = node->op - 1;
    double *p = room->numbers;
    char *has = room->has;
    if (rows[op].in_python) {
        if (partials_in_python(node, wanted, room, 0) < 0) return -1;
        Node **operands;
        double *primals;
        Py_ssize_t count = operands_of(node, &operands, &primals);
        for (Py_ssize_t i = 0; i < count; i++) p[i] = room->partials[i].number;
        return 0;
    }
    double x = node->as.pair.x, y = node->as.pair.y; /* where it has a pair */
    const double *v = node->as.many.primals;         /* where it has not */
    switch (op) {
#define CASE1(row) case OP_##row: has[0] = wanted[0] >= 0 && d0_##row(p, node->data, x); break;
#define CASE2(row) \
    case OP_##row: \
        has[0] = wanted[0] >= 0 && d0_##row(p, node->data, x, y); \
        has[1] = wanted[1] >= 0 && d1_##row(p + 1, node->data, x, y); \
        break;
#define CASE3(row) \
    case OP_##row: \
        has[0] = wanted[0] >= 0 && d0_##row(p, node->data, v[0], v[1], v[2]); \
        has[1] = wanted[1] >= 0 && d1_##row(p + 1, node->data, v[0], v[1], v[2]); \
        has[2] = wanted[2] >= 0 && d2_##row(p + 2, node->data, v[0], v[1], v[2]); \
        break;
#define CASEN(row) \
    case OP_##row: \
        d_##row(p, node->data, node->as.many.count, v, room->work); \
        for (Py_ssize_t i = 0; i < node->as.many.count; i++) has[i] = wanted[i] >= 0; \
        break;
        ROWS1(CASE1) ROWS2(CASE2) ROWS3(CASE3) ROWSN(CASEN)
#undef CASE1
#undef CASE2
#undef CASE3
#undef CASEN
    default: break;
    }
    return 0;
}

/* Raise if a leaf among the operands no longer has the number that the node was computed with. */
static int refuse_stale(Node *node) {
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of(node, &operands, &primals);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!operands[i]) continue;
        double now = operands[i]->data, then = primals[i];
        if (now == then || (now != now && then != then)) continue;
        PyObject *answer = CALL(python.refuse_stale, (PyObject *)node);
        if (!answer) return -1;
        Py_DECREF(answer);
    }
    return 0;
}

/* The partials as nodes and constants. The caller owns those that `has` tells of. */
static int partials_as_nodes(Node *node, const int32_t *wanted, Room *room) {
    if (refuse_stale(node) < 0) return -1;
    int op = node->op - 1, found = 0;
    /* While a switch is on, rules may meet symbols of a recording, which Python's reading knows how to ask. */
    if (rows[op].in_python || state->active || !has_traced[op]) return partials_in_python(node, wanted, room, 1);
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of(node, &operands, &primals);
    Operand *v = room->operands, *p = room->partials, out = {node, 0.0};
    char *has = room->has;
    for (Py_ssize_t i = 0; i < count; i++) {
        v[i] = (Operand){operands[i], primals[i]};
        has[i] = 0;
    }
#define WANTED(i, call) \
    if (wanted[i] >= 0) { \
        if ((found = call) < 0) break; \
        has[i] = (char)found; \
    }
    switch (op) {
#define CASE1(row) case OP_##row: WANTED(0, t0_##row(p, out, v[0])) break;
#define CASE2(row) \
    case OP_##row: WANTED(0, t0_##row(p, out, v[0], v[1])) WANTED(1, t1_##row(p + 1, out, v[0], v[1])) break;
#define CASE3(row) \
    case OP_##row: \
        WANTED(0, t0_##row(p, out, v[0], v[1], v[2])) \
        WANTED(1, t1_##row(p + 1, out, v[0], v[1], v[2])) \
        WANTED(2, t2_##row(p + 2, out, v[0], v[1], v[2])) \
        break;
#define CASEN(row) \
    case OP_##row: \
        for (Py_ssize_t i = 0; i < count; i++) \
            if (wanted[i] >= 0) { \
                p[i] = tn_##row(i, count, v); \
                Py_XINCREF((PyObject *)p[i].node); \
                has[i] = 1; \
            } \
        break;
        TRACED1(CASE1) TRACED2(CASE2) TRACED3(CASE3) TRACEDN(CASEN)
#undef CASE1
#undef CASE2
#undef CASE3
#undef CASEN
#undef WANTED
    default: break;
    }
    if (found >= 0) return 0;
    release_partials(room, count);
    return -1;
}

#endif
