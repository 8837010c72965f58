/* Walking a graph: topological order, without recursion and without a set of what was seen.
 *
 * A walk takes a number from a counter and leaves it in each node it meets. Nothing else is kept in nodes between calls,
 * so a walk that is given up (an interrupt, no memory) leaves nothing to be tidied.
 *
 * A graph never changes once it is made, and whoever holds its root holds all of it. But Python code that runs in the
 * middle of a walk (a signal's handler) may itself walk and so overwrite marks: whoever lets it run compares the counter
 * afterwards. If it has moved, a walk leaves a new number in all that it has met, and goes on.
 */

#ifndef VALUEGRAD_ORDER_H
#define VALUEGRAD_ORDER_H

#include "common.h"
#include "node.h"

/* The last mark given out. A walk takes two: `mark` for a node met, `mark + 1` for one that a cotangent has reached. */
#ifndef FIRST_MARK
#define FIRST_MARK 0 /* a test begins near the end */
#endif
#define MOST_MARKS (((uint64_t)1 << 46) - 1) /* what a node has room to count to: months of nothing but walks */
static uint64_t last_mark = FIRST_MARK;

/* The first of so many new marks; 0 with an exception if there are none left. */
static uint64_t take_marks(uint64_t count) {
    if (UNLIKELY(count > MOST_MARKS - last_mark)) {
        PyErr_SetString(PyExc_OverflowError, "this process has walked more graphs than it can count; start another");
        return 0;
    }
    uint64_t first = last_mark + 1;
    last_mark += count;
    return first;
}

/* --- arrays of nodes that grow ---------------------------------------------------------------------- */

typedef struct { Node **items; size_t count, room; } Nodes;

static int reserve(Nodes *nodes, size_t more) {
    size_t wanted = nodes->count + more, room = nodes->room ? nodes->room : 1024;
    if (LIKELY(wanted <= nodes->room)) return 0;
    while (room < wanted) room *= 2;
    Node **items = PyMem_Realloc(nodes->items, room * sizeof(Node *));
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    nodes->items = items;
    nodes->room = room;
    return 0;
}

/* The room that walks use is kept for the next one, unless it is large. Each takes it away while it uses it: one that
 * begins inside another, in a signal's handler, finds none and makes its own. */
static Nodes spare_stack, spare_order;

static Nodes take_spare(Nodes *spare) {
    Nodes taken = *spare;
    *spare = (Nodes){NULL, 0, 0};
    taken.count = 0;
    return taken;
}

static void give_spare(Nodes *spare, Nodes *nodes) {
    if (spare->items || nodes->room > (size_t)1 << 18) PyMem_Free(nodes->items);
    else *spare = *nodes;
    *nodes = (Nodes){NULL, 0, 0};
}

/* --- the walk -------------------------------------------------------------------------------------- */

enum { WALK_DONE = 0, WALK_FAILED = -1, WALK_DISTURBED = -2 };

/* On the stack, a node whose operands are all listed above it: it comes next. */
#define TAGGED(node) ((Node *)((uintptr_t)(node) | 1))
#define UNTAGGED(node) ((Node *)((uintptr_t)(node) & ~(uintptr_t)1))
#define IS_TAGGED(node) ((uintptr_t)(node) & 1)

/* Let signal handlers run: WALK_FAILED if one raised, WALK_DISTURBED if one walked. */
static int look_for_signals(void) {
    uint64_t before = last_mark;
    if (PyErr_CheckSignals() < 0) return WALK_FAILED;
    return last_mark == before ? WALK_DONE : WALK_DISTURBED;
}

/* In a sweep that signal handlers cannot disturb: count steps, and now and then let handlers run; -1 if one raised. */
static inline int now_and_then(size_t *steps, Py_ssize_t more) {
    *steps += (size_t)more + 1;
    if (LIKELY(*steps < STEPS_IN_ARRAYS)) return 0;
    *steps = 0;
    return PyErr_CheckSignals();
}

/* Leave a new mark in all that a walk has met so far, and in the nodes of a list that it is not to enter. */
static uint64_t mark_met(const Nodes *stack, const Nodes *order, PyObject *until, int for_sweep) {
    uint64_t mark = take_marks(2);
    for (size_t i = 0; i < order->count + stack->count; i++) {
        Node *node = i < order->count ? order->items[i] : stack->items[i - order->count];
        if (i >= order->count) {
            if (!IS_TAGGED(node)) continue;
            node = UNTAGGED(node);
        }
        node->mark = mark;
        if (for_sweep && node->op) node->cotangent = 0.0;
    }
    for (Py_ssize_t i = 0; until && i < PyList_Size(until); i++) {
        PyObject *node = PyList_GetItem(until, i);
        if (is_node(node)) ((Node *)node)->mark = mark;
    }
    return mark;
}

/* Fill an empty order with all nodes that those on the stack depend on, each after its operands: depth first, a node's
 * last operand before its first (the order of graph.topological_order). What stands in the list `until`, if there is
 * one, is left out. For a sweep, computed nodes forget their gradient on the way, and it is noted whether a rule of
 * Python's is among them. Returns the mark that all of the order bear, or 0 with an exception. */
static inline uint64_t walk(Nodes *stack, Nodes *order, PyObject *until, int *in_python) {
    size_t steps = 0;
    uint64_t mark = mark_met(stack, order, until, in_python != NULL);
    while (mark && stack->count) {
        Node *node = stack->items[--stack->count];
        if (IS_TAGGED(node)) {
            order->items[order->count++] = UNTAGGED(node);
            continue;
        }
        if (node->mark == mark) continue;
        node->mark = mark;
        if (reserve(order, 1 + stack->count) < 0) return 0; /* room for all that are tagged, and this */
        if (!node->op) {
            order->items[order->count++] = node;
            continue;
        }
        if (in_python) {
            node->cotangent = 0.0;
            *in_python |= rows[node->op - 1].in_python;
        }
        Node **operands;
        double *primals;
        Py_ssize_t count = operands_of(node, &operands, &primals);
        if (reserve(stack, (size_t)count + 1) < 0) return 0;
        stack->items[stack->count++] = TAGGED(node);
        for (Py_ssize_t i = 0; i < count; i++) {
            Node *operand = operands[i];
            if (operand && operand->mark != mark) stack->items[stack->count++] = operand;
        }
        steps += (size_t)count + 1;
        if (UNLIKELY(steps >= STEPS_BETWEEN_SIGNALS)) {
            steps = 0;
            int found = look_for_signals();
            if (found == WALK_FAILED) return 0;
            if (found == WALK_DISTURBED) mark = mark_met(stack, order, until, in_python != NULL);
        }
    }
    return mark;
}

/* topological_order(*roots, until=()) */
static PyObject *core_topological_order(UNUSED PyObject *module, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"until", NULL};
    PyObject *nothing = PyTuple_New(0), *until = NULL, *answer = NULL;
    if (!nothing) return NULL;
    int fits = PyArg_ParseTupleAndKeywords(nothing, kwargs, "|$O:topological_order", names, &until);
    Py_DECREF(nothing);
    if (!fits) return NULL;
    until = until ? PySequence_List(until) : PyList_New(0);
    if (!until) return NULL;
    Nodes stack = take_spare(&spare_stack), order = take_spare(&spare_order);
    Py_ssize_t count = PyTuple_Size(args);
    if (reserve(&stack, (size_t)count) < 0) goto done;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_node(PyTuple_GetItem(args, i))) {
            PyErr_Format(PyExc_TypeError, "a root must be a Value, not %R", (PyObject *)Py_TYPE(PyTuple_GetItem(args, i)));
            goto done;
        }
        stack.items[stack.count++] = (Node *)PyTuple_GetItem(args, i);
    }
    if (walk(&stack, &order, until, NULL) && (answer = PyList_New((Py_ssize_t)order.count)))
        for (size_t i = 0; i < order.count; i++) {
            Py_INCREF((PyObject *)order.items[i]);
            PyList_SetItem(answer, (Py_ssize_t)i, (PyObject *)order.items[i]);
        }
done:
    Py_DECREF(until);
    give_spare(&spare_stack, &stack);
    give_spare(&spare_order, &order);
    return answer;
}

#endif
