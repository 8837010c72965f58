/* Numbers that may be nodes: what traced.h, the partials that build graphs, is written in. */

#ifndef VALUEGRAD_TRACED_SUPPORT_H
#define VALUEGRAD_TRACED_SUPPORT_H

#include "common.h"
#include "node.h"
#include "operators.h"

typedef struct { Node *node; double number; } Operand; /* a node, or (node NULL) a constant */

static inline Operand constant(double number) {
    Operand operand = {NULL, number};
    return operand;
}

static inline double value_of(Operand operand) { return operand.node ? operand.node->data : operand.number; }

/* The operand as Python has it; a new reference. */
static PyObject *object_of(Operand operand) {
    if (!operand.node) return PyFloat_FromDouble(operand.number);
    Py_INCREF((PyObject *)operand.node);
    return (PyObject *)operand.node;
}

/* Take the reference to what an operation gave: a node, or the number of a rule of Python's. */
static int take_made(Operand *made, PyObject *object) {
    *made = constant(0.0);
    if (!object) return -1;
    if (is_node(object)) {
        made->node = (Node *)object;
        return 0;
    }
    made->number = PyFloat_AsDouble(object);
    Py_DECREF(object);
    return made->number == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* Through Python's objects: a rule of Python's, or three operands. */
static int apply_slowly(Operand *made, int op, const Operand *operands, Py_ssize_t count) {
    PyObject *objects[3] = {NULL, NULL, NULL}, *answer = NULL;
    double v[3];
    int complete = 1, nodes = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        v[i] = value_of(operands[i]);
        nodes |= operands[i].node != NULL;
    }
    *made = constant(0.0);
    if (!nodes) return forward_in_python(op, count, v, &made->number);
    for (Py_ssize_t i = 0; i < count; i++) complete &= (objects[i] = object_of(operands[i])) != NULL;
    if (complete) answer = apply(NULL, op, objects, count);
    for (Py_ssize_t i = 0; i < count; i++) Py_XDECREF(objects[i]);
    return take_made(made, answer);
}

/* A row applied to operands: a node, or a constant if all of them are; 0, or -1 with an exception. */
static inline int apply1(Operand *made, int op, double (*f)(double), Operand a) {
    if (UNLIKELY(rows[op].in_python)) return apply_slowly(made, op, &a, 1);
    if (!a.node) {
        *made = constant(f(a.number));
        return 0;
    }
    return take_made(made, make1(op, f, a.node, a.node->data));
}

static inline int apply2(Operand *made, int op, double (*f)(double, double), Operand a, Operand b) {
    if (UNLIKELY(rows[op].in_python)) {
        Operand operands[2] = {a, b};
        return apply_slowly(made, op, operands, 2);
    }
    if (!a.node && !b.node) {
        *made = constant(f(a.number, b.number));
        return 0;
    }
    return take_made(made, make2(op, f, a.node, value_of(a), b.node, value_of(b)));
}

static UNUSED int apply3(Operand *made, int op, double (*f)(double, double, double), Operand a, Operand b, Operand c) {
    if (!rows[op].in_python && !a.node && !b.node && !c.node) {
        *made = constant(f(a.number, b.number, c.number));
        return 0;
    }
    Operand operands[3] = {a, b, c};
    return apply_slowly(made, op, operands, 3);
}

static inline int release(Operand *temporaries, int count, int answer) {
    for (int i = 0; i < count; i++) Py_XDECREF((PyObject *)temporaries[i].node);
    return answer;
}

/* The partial that a rule ends with; what it made on the way is released. */
static inline int hand_over(Operand *partial, Operand from, Operand *temporaries, int count) {
    Py_XINCREF((PyObject *)from.node);
    *partial = from;
    return release(temporaries, count, 1);
}

#include "traced.h"

#define NAMED(row) [OP_##row] = 1,
static const char has_traced[OP_COUNT] = {TRACED1(NAMED) TRACED2(NAMED) TRACED3(NAMED) TRACEDN(NAMED)};
#undef NAMED

/* a * b without a node where one of them is the number 1 or -1, as sweeps.product has it. */
static int times(Operand *product, Operand a, Operand b) {
    for (int turn = 0; turn < 2; turn++) {
        Operand one = turn ? b : a, other = turn ? a : b;
        if (one.node) continue;
        if (one.number == 1.0) return hand_over(product, other, NULL, 0) < 0;
        if (one.number == -1.0) return apply1(product, OP_neg, f_neg, other);
    }
    return apply2(product, OP_mul, f_mul, a, b);
}

/* Add a share, whose reference is taken, to what has been gathered so far. */
static int gather(Operand *sum, char *has, Operand share) {
    if (!*has) {
        *sum = share;
        *has = 1;
        return 0;
    }
    Operand before = *sum, total;
    int failed = apply2(&total, OP_add, f_add, before, share);
    Py_XDECREF((PyObject *)share.node);
    if (failed) return failed;
    *sum = total;
    Py_XDECREF((PyObject *)before.node);
    return 0;
}

#endif
