/* The node: a number, and where it came from. Its making and its death. */

#ifndef VALUEGRAD_NODE_H
#define VALUEGRAD_NODE_H

#include "common.h"
#include "memory.h"
#include "row.h"

typedef struct { PyObject *label; } Extra; /* what few nodes have */

/* 96 bytes. An operand that is a constant is NULL, and its number stands among the primals. */
typedef struct Node {
    PyObject_HEAD
    uint64_t mark : 46;   /* the walk that last saw it (see order.h) */
    uint64_t blank : 1;   /* whether it is of a subclass that has not called Value.__init__ (yet) */
    uint64_t tracked : 1; /* whether the cyclic collector knows it */
    uint64_t op : 16;     /* 1 + the number of its row; 0 for a leaf */
    double cotangent;     /* of the sweep under way; of a computed node, also its grad */
    union {
        struct { struct Node *a, *b; double x, y; } pair;                       /* one or two operands */
        struct { Py_ssize_t count; double *primals; struct Node **operands; } many; /* another number, in one allocation */
        struct { double grad; } leaf;
    } as;
    double data;
    PyObject *scope;
    PyObject *weakrefs;
    Extra *extra;
} Node;

static PyTypeObject *NodeType; /* autograd.Value */

/* Whether an object is a Value, of whatever class. */
static inline int is_node(PyObject *object) {
    return Py_TYPE(object) == NodeType || PyType_IsSubtype(Py_TYPE(object), NodeType);
}

static inline int has_pair(const Node *node) {
    int arity = rows[node->op - 1].arity;
    return arity == 1 || arity == 2;
}

/* The operands of a node and their numbers; returns how many there are. */
static inline Py_ssize_t operands_of(Node *node, Node ***operands, double **primals) {
    *operands = NULL;
    *primals = NULL;
    if (!node->op) return 0;
    if (has_pair(node)) {
        *operands = &node->as.pair.a;
        *primals = &node->as.pair.x;
        return rows[node->op - 1].arity;
    }
    *operands = node->as.many.operands;
    *primals = node->as.many.primals;
    return node->as.many.count;
}

/* --- state that Python sets and every new node reads ----------------------------------------------- */

typedef struct {
    PyObject_HEAD
    int active;      /* how many of the switches of autograd.modes are on */
    int transforming; /* how many transforms are calling their function: == may be of numbers */
    int hooked;      /* how many Values have hooks of autograd.hooks */
    PyObject *scope; /* where new nodes belong; NULL or None for nowhere */
} State;

static State *state;

/* --- birth ---------------------------------------------------------------------------------------- */

/* A node whose operands have attributes of their own, through which it could be reached: those that would be a cycle
 * are the collector's to find, so such a node carries its header. */
static Node *new_tracked_node(void) { return PyObject_GC_New(Node, NodeType); }

static Node *new_untracked_node(void) {
    Node *node = take_slot(sizeof(Node));
    if (UNLIKELY(!node)) return (Node *)PyErr_NoMemory();
    /* What PyObject_Init does, without the call. */
    Py_SET_REFCNT((PyObject *)node, 1);
    Py_SET_TYPE((PyObject *)node, NodeType);
    Py_INCREF((PyObject *)NodeType);
    return node;
}

/* A new Value without operands yet; NULL with an exception if there is no memory. */
static inline Node *new_node(double data, int op, int tracked) {
    Node *node = UNLIKELY(tracked) ? new_tracked_node() : new_untracked_node();
    if (UNLIKELY(!node)) return NULL;
    node->mark = 0;
    node->blank = 0;
    node->tracked = (uint64_t)(tracked != 0);
    node->op = (uint64_t)op;
    node->cotangent = 0.0;
    node->data = data;
    Py_XINCREF(state->scope);
    node->scope = state->scope;
    node->weakrefs = NULL;
    node->extra = NULL;
    return node;
}

static Node *new_leaf(double data) {
    Node *node = new_node(data, 0, 0);
    if (node) node->as.leaf.grad = 0.0;
    return node;
}

static Extra *extra_of(Node *node) {
    if (!node->extra) {
        node->extra = PyMem_Calloc(1, sizeof(Extra));
        if (!node->extra) PyErr_NoMemory();
    }
    return node->extra;
}

/* --- death ---------------------------------------------------------------------------------------- */

/* Let a node that nobody refers to any more wait for its end. The collector, which may run before that, must not meet
 * it: it would end it too. */
static inline void wait_for_end(Node *node, Slot **waiting) {
    Slot *link = (Slot *)&node->data; /* a dead node's number is of no more use */
    if (UNLIKELY(node->tracked)) PyObject_GC_UnTrack(node);
    link->next = *waiting;
    *waiting = link;
}

/* Give up a reference to an operand. One that dies of it waits in a list, so that a chain of any length is freed
 * without recursion. */
static inline void drop_operand(Node *node, Slot **waiting) {
    if (!node) return;
    if (Py_TYPE((PyObject *)node) != NodeType) {
        Py_DECREF((PyObject *)node);
        return;
    }
    Py_ssize_t left = Py_REFCNT((PyObject *)node) - 1;
    Py_SET_REFCNT((PyObject *)node, left);
    if (left == 0) wait_for_end(node, waiting);
}

static inline void drop_operands(Node *node, Slot **waiting) {
    if (!node->op) return;
    if (has_pair(node)) {
        drop_operand(node->as.pair.a, waiting);
        drop_operand(node->as.pair.b, waiting);
    } else {
        for (Py_ssize_t i = 0; i < node->as.many.count; i++) drop_operand(node->as.many.operands[i], waiting);
        PyMem_Free(node->as.many.primals);
    }
    if (UNLIKELY(is_users(node->op - 1))) Py_DECREF((PyObject *)rows[node->op - 1].row);
}

/* A node's label or scope may hold another node, whose label holds a third: such deaths nest. Below so many of them the
 * next waits for the outermost to come back. */
enum { DEEPEST_DEATH = 50 };
static int deaths;
static Slot *postponed;

static void node_dealloc(PyObject *self) {
    Slot *waiting = NULL;
    Node *node = (Node *)self;
    if (UNLIKELY(deaths >= DEEPEST_DEATH) && Py_TYPE(self) == NodeType) {
        wait_for_end(node, &postponed);
        return;
    }
    deaths++;
    for (;;) {
        PyTypeObject *type = Py_TYPE((PyObject *)node);
        int in_block = type == NodeType && !node->tracked;
        if (!in_block) PyObject_GC_UnTrack(node);
        if (node->weakrefs) PyObject_ClearWeakRefs((PyObject *)node);
        if (node->extra) {
            Py_XDECREF(node->extra->label);
            PyMem_Free(node->extra);
        }
        Py_XDECREF(node->scope);
        drop_operands(node, &waiting);
        if (in_block) give_slot(node, sizeof(Node));
        else PyObject_GC_Del(node);
        Py_DECREF((PyObject *)type);
        if (!waiting && deaths == 1) {
            waiting = postponed;
            postponed = NULL;
        }
        if (!waiting) break;
        node = (Node *)((char *)waiting - offsetof(Node, data));
        waiting = waiting->next;
    }
    deaths--;
}

/* --- what the cyclic collector asks ------------------------------------------------------------------ */

/* A class that has a base written in Python inherits the collector's flag and functions, unless it has its own. Nodes
 * have no cycles among themselves; one that an instance of a subclass keeps in its attributes may be part of one. */
static int node_is_tracked(PyObject *self) { return Py_TYPE(self) != NodeType || ((Node *)self)->tracked; }

static int node_traverse(PyObject *self, visitproc visit, void *arg) {
    Node *node = (Node *)self, **operands;
    double *primals;
    Py_VISIT((PyObject *)Py_TYPE(self)); /* of a subclass too: Python leaves it to a base that is made at run time */
    Py_VISIT(node->scope);
    if (node->extra) Py_VISIT(node->extra->label);
    Py_ssize_t count = operands_of(node, &operands, &primals);
    for (Py_ssize_t i = 0; i < count; i++) Py_VISIT((PyObject *)operands[i]);
    if (node->op && is_users(node->op - 1)) Py_VISIT((PyObject *)rows[node->op - 1].row);
    return 0;
}

static int node_clear(PyObject *self) {
    Node *node = (Node *)self;
    if (node->extra) Py_CLEAR(node->extra->label);
    Py_CLEAR(node->scope);
    return 0;
}

/* Of a subclass Python sets another one. That the two differ keeps Python from letting `value.__class__ = Subclass`
 * turn a node in a block into an object that it would free by itself. */
static void node_free(void *self) { PyObject_GC_Del(self); }

#endif
