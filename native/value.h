/* The type of Value: its attributes, comparisons, and how it is made from the class in autograd/value.py. */

#ifndef VALUEGRAD_VALUE_H
#define VALUEGRAD_VALUE_H

#include "common.h"
#include "backward.h"
#include "node.h"
#include "operators.h"

/* --- attributes ------------------------------------------------------------------------------------------ */

static PyObject *get_data(PyObject *self, UNUSED void *closure) {
    if (UNLIKELY(((Node *)self)->blank))
        return PyErr_Format(PyExc_AttributeError, "%R has no data yet: its __init__ must call super().__init__(data)",
                            (PyObject *)Py_TYPE(self));
    return PyFloat_FromDouble(((Node *)self)->data);
}

static int set_data(PyObject *self, PyObject *data, UNUSED void *closure) {
    Node *node = (Node *)self;
    if (!node->op) {
        if (as_double(data, "data", &node->data) < 0) return -1;
        node->blank = 0;
        return 0;
    }
    PyObject *answer = CALL(python.refuse_data, self);
    Py_XDECREF(answer);
    return -1;
}

static double *place_of_grad(Node *node) { return node->op ? &node->cotangent : &node->as.leaf.grad; }

static PyObject *get_grad(PyObject *self, UNUSED void *closure) { return PyFloat_FromDouble(*place_of_grad((Node *)self)); }

static int set_grad(PyObject *self, PyObject *grad, UNUSED void *closure) {
    double number;
    if (as_double(grad, "grad", &number) < 0) return -1;
    Node *node = (Node *)self;
    if (node->op && !take_marks(1)) return -1; /* a sweep that a signal's handler does this to is disturbed */
    *place_of_grad(node) = number;             /* looked up only now: Python code may have run */
    return 0;
}

static PyObject *empty_string;

static PyObject *get_label(PyObject *self, UNUSED void *closure) {
    Node *node = (Node *)self;
    PyObject *label = node->extra && node->extra->label ? node->extra->label : empty_string;
    Py_INCREF(label);
    return label;
}

static int set_label(PyObject *self, PyObject *label, UNUSED void *closure) {
    Node *node = (Node *)self;
    if (!label) {
        PyErr_SetString(PyExc_AttributeError, "label cannot be deleted");
        return -1;
    }
    Extra *extra = extra_of(node);
    if (!extra) return -1;
    PyObject *before = extra->label;
    Py_INCREF(label);
    extra->label = label;
    Py_XDECREF(before);
    return 0;
}

static PyObject *get_scope(PyObject *self, UNUSED void *closure) {
    PyObject *scope = ((Node *)self)->scope;
    if (!scope) scope = Py_None;
    Py_INCREF(scope);
    return scope;
}

static int set_scope(PyObject *self, PyObject *scope, UNUSED void *closure) {
    Node *node = (Node *)self;
    PyObject *before = node->scope;
    Py_XINCREF(scope);
    node->scope = scope;
    Py_XDECREF(before);
    return 0;
}

static PyObject *get_primitive(PyObject *self, UNUSED void *closure) {
    Node *node = (Node *)self;
    PyObject *row = node->op ? (PyObject *)rows[node->op - 1].row : Py_None;
    Py_INCREF(row);
    return row;
}

static PyObject *get_operands(PyObject *self, UNUSED void *closure) {
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of((Node *)self, &operands, &primals);
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple && i < count; i++) {
        PyObject *operand = (PyObject *)operands[i];
        if (operand) Py_INCREF(operand);
        else if (!(operand = PyFloat_FromDouble(primals[i]))) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SetItem(tuple, i, operand);
    }
    return tuple;
}

static PyObject *get_primals(PyObject *self, UNUSED void *closure) {
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of((Node *)self, &operands, &primals);
    return numbers(count, primals);
}

static PyObject *node_item(PyObject *self, UNUSED PyObject *none) { return get_data(self, NULL); }

/* --- making and comparing ---------------------------------------------------------------------------------- */

/* Whether instances of a class have attributes or slots beyond a base of so many bytes; -1 with an exception. */
static int adds_storage(PyObject *type, size_t base) {
    PyObject *dict = PyObject_GetAttrString(type, "__dictoffset__"), *size = NULL;
    int found = -1;
    if (dict && (size = PyObject_GetAttrString(type, "__basicsize__")))
        found = PyLong_AsLong(dict) != 0 || PyLong_AsLong(size) != (long)base;
    Py_XDECREF(dict);
    Py_XDECREF(size);
    return PyErr_Occurred() ? -1 : found;
}

/* Whether instances of a subclass have what may hold nodes that were computed from them. */
static int has_attributes(PyTypeObject *type) {
    static PyTypeObject *asked; /* kept alive, so that no other class is taken for it */
    static int answer;
    if (type == asked) return answer;
    int found = adds_storage((PyObject *)type, sizeof(Node));
    if (found < 0) return -1;
    PyTypeObject *before = asked;
    Py_INCREF((PyObject *)type);
    asked = type;
    answer = found;
    Py_XDECREF((PyObject *)before);
    return found;
}

/* What object.__new__ allocates by, which Python admits once somebody has put a function of his in Value.__new__. */
static PyObject *value_alloc(PyTypeObject *type, Py_ssize_t count) {
    return type == NodeType ? (PyObject *)new_leaf(0.0) : PyType_GenericAlloc(type, count);
}

static PyObject *value_new(PyTypeObject *type, UNUSED PyObject *args, UNUSED PyObject *kwargs) {
    if (type == NodeType) return (PyObject *)new_leaf(0.0);
    int attributes = has_attributes(type);
    if (attributes < 0) return NULL;
    Node *node = (Node *)PyType_GenericAlloc(type, 0); /* zeroed, and known to the collector */
    if (!node) return NULL;
    node->tracked = (uint64_t)attributes;
    node->blank = 1;
    if (!attributes) PyObject_GC_UnTrack(node); /* a cycle through it is impossible */
    Py_XINCREF(state->scope);
    node->scope = state->scope;
    return (PyObject *)node;
}

/* Whether a subclass has something else for a label than Value; -1 with an exception. */
static int has_own_label(PyTypeObject *type) {
    PyObject *found = PyObject_GetAttrString((PyObject *)type, "label");
    PyObject *ours = found ? PyObject_GetAttrString((PyObject *)NodeType, "label") : NULL;
    int own = ours ? found != ours : -1;
    Py_XDECREF(found);
    Py_XDECREF(ours);
    return own;
}

static int value_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"data", "label", NULL};
    Node *node = (Node *)self;
    PyObject *data, *label = NULL;
    double number;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Value", names, &data, &label)) return -1;
    if (as_double(data, "data", &number) < 0) return -1;
    if (label && !PyUnicode_Check(label)) {
        PyErr_Format(PyExc_TypeError, "label must be a str, not %R", label);
        return -1;
    }
    if (node->op) { /* who holds a graph's root may rely on the graph */
        PyErr_SetString(PyExc_TypeError, "a computed Value cannot be initialised again");
        return -1;
    }
    node->data = number;
    node->as.leaf.grad = 0.0;
    node->blank = 0;
    if (Py_TYPE(self) != NodeType) { /* a subclass may keep labels in a slot of its own */
        int own = has_own_label(Py_TYPE(self));
        if (own) return own < 0 ? -1 : PyObject_SetAttrString(self, "label", label ? label : empty_string);
    }
    int named = label && !(PyUnicode_CheckExact(label) && PyUnicode_GetLength(label) == 0);
    return named || node->extra ? set_label(self, named ? label : empty_string, NULL) : 0;
}

static PyObject *value_compare(PyObject *self, PyObject *other, int how) {
    static const char *const symbols[] = {"<", "<=", "==", "!=", ">", ">="};
    if ((how == Py_EQ || how == Py_NE) && (state->active || state->transforming))
        return PyObject_CallFunction(python.compare, "OOs", self, other, symbols[how]);
    if (how == Py_EQ || how == Py_NE) { /* a Value is a vertex of a graph */
        if (self != other) Py_RETURN_NOTIMPLEMENTED;
        return PyBool_FromLong(how == Py_EQ);
    }
    double x = ((Node *)self)->data, y = 0.0;
    int exact = look_at(other, &y) != FOREIGN && (Py_TYPE(other) != &PyLong_Type || fabs(y) < 9007199254740992.0);
    if (state->active || !exact || ((Node *)self)->blank) /* Python compares a float with a large whole number digit by digit */
        return PyObject_CallFunction(python.compare, "OOs", self, other, symbols[how]);
    return PyBool_FromLong(how == Py_LT ? x < y : how == Py_LE ? x <= y : how == Py_GT ? x > y : x >= y);
}

static Py_hash_t value_hash(PyObject *self) { /* by identity, as object's */
    if (state->transforming) {
        PyObject *answer = PyObject_CallNoArgs(python.check_key);
        if (!answer) return -1;
        Py_DECREF(answer);
    }
    uintptr_t address = (uintptr_t)self;
    Py_hash_t hash = (Py_hash_t)(address >> 4 | address << (8 * sizeof(address) - 4));
    return hash == -1 ? -2 : hash;
}

static PyObject *value_power(PyObject *base, PyObject *exponent, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return operator_pow(base, exponent);
}

static PyObject *value_negative(PyObject *self) { return method_neg(self, NULL); }

static PyObject *value_absolute(PyObject *self) { return method_abs(self, NULL); }

static PyObject *value_positive(PyObject *self) {
    Py_INCREF(self);
    return self;
}

/* --- the type ---------------------------------------------------------------------------------------------- */

static PyGetSetDef value_attributes[] = {
    {"data", get_data, set_data, NULL, NULL},
    {"grad", get_grad, set_grad, NULL, NULL},
    {"label", get_label, set_label, NULL, NULL},
    {"scope", get_scope, set_scope, NULL, NULL},
    {"primitive", get_primitive, NULL, NULL, NULL},
    {"operands", get_operands, NULL, NULL, NULL},
    {"primals", get_primals, NULL, NULL, NULL},
    {"_data", get_data, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef value_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef value_methods[] = {
    {"backward", METHOD(node_backward), METH_VARARGS | METH_KEYWORDS, "($self, gradient=1.0)"},
    {"item", node_item, METH_NOARGS, "($self)"},
    {"_apply", METHOD(node_apply), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot value_slots[] = {
    {Py_tp_doc, NULL}, /* set below */
    {Py_tp_alloc, SLOT(value_alloc)},
    {Py_tp_new, SLOT(value_new)},
    {Py_tp_init, SLOT(value_init)},
    {Py_tp_dealloc, SLOT(node_dealloc)},
    {Py_tp_free, SLOT(node_free)},
    {Py_tp_traverse, SLOT(node_traverse)},
    {Py_tp_clear, SLOT(node_clear)},
    {Py_tp_is_gc, SLOT(node_is_tracked)},
    {Py_tp_richcompare, SLOT(value_compare)},
    {Py_tp_hash, SLOT(value_hash)},
    {Py_tp_getset, value_attributes},
    {Py_tp_members, value_members},
    {Py_tp_methods, value_methods},
    {Py_nb_add, SLOT(operator_add)},
    {Py_nb_subtract, SLOT(operator_sub)},
    {Py_nb_multiply, SLOT(operator_mul)},
    {Py_nb_true_divide, SLOT(operator_div)},
    {Py_nb_power, SLOT(value_power)},
    {Py_nb_negative, SLOT(value_negative)},
    {Py_nb_positive, SLOT(value_positive)},
    {Py_nb_absolute, SLOT(value_absolute)},
    {0, NULL},
};

static PyType_Spec value_spec = {
    "autograd.value.Value", sizeof(Node), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, value_slots};

#define METHOD_OF(row) {#row, method_##row, METH_NOARGS, "($self)"},
static const PyMethodDef unary_methods[] = {ROWS1(METHOD_OF) {NULL, NULL, 0, NULL}};
#undef METHOD_OF

/* The docstring of a C method: its signature, as Python reads it, and the words of its twin in Python. Lives for ever. */
static const char *doc_for(const char *name, const char *signature, PyObject *twin) {
    PyObject *words = twin ? PyObject_GetAttrString(twin, "__doc__") : NULL, *doc;
    if (twin && !words) return NULL;
    doc = words && words != Py_None ? PyUnicode_FromFormat("%s%s\n--\n\n%S", name, signature, words)
                                    : PyUnicode_FromFormat("%s%s\n--\n\n", name, signature);
    Py_XDECREF(words);
    return doc ? PyUnicode_AsUTF8AndSize(doc, NULL) : NULL; /* the reference is never given up */
}

/* Give the type a method of a row's under the name that autograd/operators.py has for it. */
static int add_unary_method(PyObject *name, PyObject *row) {
    for (const PyMethodDef *known = unary_methods; known->ml_name; known++) {
        if (PyUnicode_CompareWithASCIIString(row, known->ml_name) != 0) continue;
        PyMethodDef *own = PyMem_Malloc(sizeof(PyMethodDef)); /* a type keeps pointing to it */
        if (!own) {
            PyErr_NoMemory();
            return -1;
        }
        *own = *known;
        Py_INCREF(name);
        own->ml_name = PyUnicode_AsUTF8AndSize(name, NULL);
        own->ml_doc = own->ml_name ? doc_for(own->ml_name, known->ml_doc, NULL) : NULL;
        PyObject *method = own->ml_doc ? PyDescr_NewMethod(NodeType, own) : NULL;
        int failed = method ? PyObject_SetAttr((PyObject *)NodeType, name, method) : -1;
        Py_XDECREF(method);
        return failed;
    }
    return 0; /* a row without C: the method stays Python's */
}

/* The bases of the class that is to be stored in C, which must be without storage themselves; NULL with an exception. */
static PyObject *bases_of(PyObject *twin) {
    PyObject *bases = PyObject_GetAttrString(twin, "__bases__");
    for (Py_ssize_t i = 0; bases && i < PyTuple_Size(bases); i++) {
        PyObject *base = PyTuple_GetItem(bases, i);
        int adds = adds_storage(base, sizeof(PyObject));
        if (adds == 0) continue;
        if (adds > 0) PyErr_Format(PyExc_TypeError, "instances of %R have attributes, which there is no room for", base);
        Py_CLEAR(bases);
    }
    return bases;
}

/* Give methods and attributes the words of their twins in Python. */
static int take_words(PyObject *twin) {
    for (PyMethodDef *method = value_methods; method->ml_name; method++) {
        if (!method->ml_doc) continue;
        PyObject *words = PyObject_GetAttrString(twin, method->ml_name);
        const char *doc = words ? doc_for(method->ml_name, method->ml_doc, words) : NULL;
        Py_XDECREF(words);
        if (!doc) return -1;
        method->ml_doc = doc;
    }
    for (PyGetSetDef *attribute = value_attributes; attribute->name; attribute++) {
        PyObject *words = PyObject_GetAttrString(twin, attribute->name);
        PyObject *doc = words ? PyObject_GetAttrString(words, "__doc__") : NULL;
        Py_XDECREF(words);
        if (doc && PyUnicode_Check(doc)) attribute->doc = PyUnicode_AsUTF8AndSize(doc, NULL); /* never given up */
        else Py_XDECREF(doc);
        if (!PyErr_Occurred()) continue;
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
        PyErr_Clear(); /* a slot of the twin's has no words */
    }
    return 0;
}

/* value_type(twin, {method: row}) -> the type: the twin's bases, words and signatures, and storage in C. */
static PyObject *core_value_type(UNUSED PyObject *module, PyObject *args) {
    PyObject *twin, *unary, *name, *row;
    if (!PyArg_ParseTuple(args, "O!O!:value_type", &PyType_Type, &twin, &PyDict_Type, &unary)) return NULL;
    if (NodeType) return PyErr_Format(PyExc_RuntimeError, "the type was made already");
    if (!adopted) return PyErr_Format(PyExc_RuntimeError, "the rows come before the type");
    PyObject *bases = bases_of(twin), *type = NULL;
    const char *doc = bases && take_words(twin) == 0 ? doc_for("Value", "(data, label='')", twin) : NULL;
    if (doc) {
        value_slots[0].pfunc = (void *)(uintptr_t)doc;
        type = PyType_FromSpecWithBases(&value_spec, bases);
    }
    Py_XDECREF(bases);
    unary = type ? PyDict_Copy(unary) : NULL; /* one that no code of Python's can change meanwhile */
    /* Messages of Python's name a class as its module does, and not in full. */
    PyObject *short_name = unary ? PyObject_GetAttrString(type, "__name__") : NULL;
    int failed = !short_name || PyObject_SetAttrString(type, "__name__", short_name) < 0;
    Py_XDECREF(short_name);
    Py_ssize_t position = 0;
    NodeType = (PyTypeObject *)type;
    while (!failed && PyDict_Next(unary, &position, &name, &row))
        if (PyUnicode_Check(name) && PyUnicode_Check(row)) failed = add_unary_method(name, row) < 0;
    Py_XDECREF(unary);
    if (failed) {
        NodeType = NULL;
        Py_XDECREF(type);
        return NULL;
    }
    Py_INCREF(type);
    return type;
}

#endif
