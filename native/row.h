/* Rows of the table of primitives: what the core keeps of each, and whether it computes by C or by Python. */

#ifndef VALUEGRAD_ROW_H
#define VALUEGRAD_ROW_H

#include "common.h"
#include "ieee.h"
#include "rules.h"

/* autograd.table.BoundRow, the base of Primitive. Nodes refer to rows by number. The rows of the package's own table come
 * first, and live as long as the process: their numbers are those that rules.h calls OP_name. Of any other row each node
 * has a reference, and its number is given to another when the row has gone. */
typedef struct {
    PyObject_HEAD
    int op;
    PyObject *arity;                          /* an int or None; NULL until it is set, which it is once */
    PyObject *forward, *partials, *traced;    /* the rules as Python has them; NULL until they are set */
    PyObject *compiled_from[3];               /* those that rules.h was made from, or NULL */
} Row;

typedef struct {
    Row *row;      /* borrowed, but for the package's own rows; NULL where the number is free */
    int arity;     /* 0 for any number; of a free number, the next free one */
    int in_python; /* a row of the user's, or one of ours with a rule that somebody exchanged */
} Entry;

enum { MOST_ROWS = (1 << 16) - 2 }; /* what a node has room to count to */

static PyTypeObject *RowType;
static Entry *rows;
static int row_count, row_room, free_row = -1;

static inline int is_users(int op) { return op >= OP_COUNT; }

static inline int is_row(PyObject *object) { return PyType_IsSubtype(Py_TYPE(object), RowType); }

/* A number for a new row; -1 with an exception if there is none. */
static int take_row_number(void) {
    int op = free_row;
    if (op >= 0) {
        free_row = rows[op].arity;
        return op;
    }
    if (row_count == MOST_ROWS) {
        PyErr_Format(PyExc_RuntimeError, "there are %d primitives already, as many as there can be", row_count);
        return -1;
    }
    if (row_count == row_room) {
        int room = row_room ? 2 * row_room : 128;
        Entry *more = PyMem_Realloc(rows, (size_t)room * sizeof(Entry));
        if (!more) {
            PyErr_NoMemory();
            return -1;
        }
        rows = more;
        row_room = room;
    }
    return row_count++;
}

static PyObject *row_new(PyTypeObject *type, UNUSED PyObject *args, UNUSED PyObject *kwargs) {
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Row *row = (Row *)allocate(type, 0); /* first: the collector may run, and finalizers make rows */
    if (!row) return NULL;
    row->op = take_row_number();
    if (row->op < 0) {
        Py_DECREF((PyObject *)row);
        return NULL;
    }
    rows[row->op] = (Entry){row, 0, 1};
    if (!is_users(row->op)) Py_INCREF((PyObject *)row); /* never given up */
    return (PyObject *)row;
}

static int row_traverse(PyObject *self, visitproc visit, void *arg) {
    Row *row = (Row *)self;
    Py_VISIT((PyObject *)Py_TYPE(self));
    Py_VISIT(row->arity);
    Py_VISIT(row->forward);
    Py_VISIT(row->partials);
    Py_VISIT(row->traced);
    for (int i = 0; i < 3; i++) Py_VISIT(row->compiled_from[i]);
    return 0;
}

static int row_clear(PyObject *self) { /* not the arity: a node may yet ask how it is laid out */
    Row *row = (Row *)self;
    Py_CLEAR(row->forward);
    Py_CLEAR(row->partials);
    Py_CLEAR(row->traced);
    return 0;
}

static void row_dealloc(PyObject *self) {
    Row *row = (Row *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    row_clear(self);
    Py_CLEAR(row->arity);
    if (is_users(row->op)) {
        rows[row->op] = (Entry){NULL, free_row, 1};
        free_row = row->op;
    }
    freefunc free_row_object = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    free_row_object(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *row_get_arity(PyObject *self, UNUSED void *closure) {
    Row *row = (Row *)self;
    if (!row->arity) return PyErr_Format(PyExc_AttributeError, "arity is not set yet");
    Py_INCREF(row->arity);
    return row->arity;
}

static int row_set_arity(PyObject *self, PyObject *arity, UNUSED void *closure) {
    Row *row = (Row *)self;
    long count = 0;
    if (arity && arity != Py_None) { /* first: it may run Python code, which may set it */
        count = PyLong_AsLong(arity);
        if (count == -1 && PyErr_Occurred()) return -1;
        if (count < 1 || count > 1000) {
            PyErr_Format(PyExc_ValueError, "arity must be None or from 1 to 1000, not %ld", count);
            return -1;
        }
    }
    if (!arity || row->arity) { /* nodes are laid out by it */
        PyErr_SetString(PyExc_AttributeError, "the arity of a primitive cannot be changed");
        return -1;
    }
    rows[row->op].arity = (int)count;
    Py_INCREF(arity);
    row->arity = arity;
    return 0;
}

static PyObject **row_rule(Row *row, void *which) {
    PyObject **rules[] = {&row->forward, &row->partials, &row->traced};
    return rules[(uintptr_t)which];
}

static PyObject *row_get_rule(PyObject *self, void *which) {
    PyObject *rule = *row_rule((Row *)self, which);
    if (!rule) return PyErr_Format(PyExc_AttributeError, "a rule is not set yet");
    Py_INCREF(rule);
    return rule;
}

/* Exchanging a rule gives the row back to Python; putting the old one back gives it to C again. */
static int row_set_rule(PyObject *self, PyObject *rule, void *which) {
    Row *row = (Row *)self;
    PyObject **place = row_rule(row, which), *before = *place;
    if (!rule) {
        PyErr_SetString(PyExc_AttributeError, "a rule cannot be deleted");
        return -1;
    }
    Py_INCREF(rule);
    *place = rule;
    Py_XDECREF(before);
    int as_compiled = row->compiled_from[0] && row->forward == row->compiled_from[0] &&
                      row->partials == row->compiled_from[1] && row->traced == row->compiled_from[2];
    rows[row->op].in_python = !as_compiled;
    return 0;
}

#define NAMED(row) [OP_##row] = 1,
static const char has_rules[OP_COUNT] = {ROWS1(NAMED) ROWS2(NAMED) ROWS3(NAMED) ROWSN(NAMED)};
#undef NAMED

static int adopted; /* whether there is a row for each of rules.h */

/* adopt(rows): from now on these, which must be the table that rules.h was made from, compute by C. */
static PyObject *core_adopt(UNUSED PyObject *module, PyObject *given) {
    PyObject *table = PySequence_List(given);
    if (!table) return NULL;
    Py_ssize_t count = PyList_Size(table);
    if (count != OP_COUNT) {
        Py_DECREF(table);
        return PyErr_Format(PyExc_ValueError, "%d rows were compiled, not %zd", OP_COUNT, count);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyList_GetItem(table, i), *name = NULL;
        int fits = is_row(item) && ((Row *)item)->op == i && ((Row *)item)->arity &&
                   rows[i].arity == row_arity[i] && ((Row *)item)->forward && ((Row *)item)->partials &&
                   ((Row *)item)->traced;
        if (fits) {
            name = PyObject_GetAttrString(item, "name");
            fits = name && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, row_names[i]) == 0;
            Py_XDECREF(name);
        }
        if (!fits) {
            Py_DECREF(table);
            if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "row %zd is not the one that was compiled", i);
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Row *row = (Row *)PyList_GetItem(table, i);
        if (!has_rules[i] || row->compiled_from[0]) continue;
        PyObject *rules[] = {row->forward, row->partials, row->traced};
        for (int k = 0; k < 3; k++) {
            Py_INCREF(rules[k]);
            row->compiled_from[k] = rules[k];
        }
        rows[i].in_python = 0;
    }
    adopted = 1;
    Py_DECREF(table);
    Py_RETURN_NONE;
}

static PyGetSetDef row_attributes[] = {
    {"arity", row_get_arity, row_set_arity, NULL, NULL},
    {"forward", row_get_rule, row_set_rule, NULL, (void *)0},
    {"partials", row_get_rule, row_set_rule, NULL, (void *)1},
    {"traced", row_get_rule, row_set_rule, NULL, (void *)2},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot row_slots[] = {
    {Py_tp_new, SLOT(row_new)},
    {Py_tp_dealloc, SLOT(row_dealloc)},
    {Py_tp_traverse, SLOT(row_traverse)},
    {Py_tp_clear, SLOT(row_clear)},
    {Py_tp_getset, row_attributes},
    {0, NULL},
};

static PyType_Spec row_spec = {
    "autograd.table.BoundRow", sizeof(Row), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, row_slots};

#endif
