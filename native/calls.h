/* Calls: the functions of the table (exp(x) and its like), a module's call, and a layer's neurons.
 *
 * What they cannot do in a few steps they leave to Python: each has its twin there, which says what it means.
 */

#ifndef VALUEGRAD_CALLS_H
#define VALUEGRAD_CALLS_H

#include "common.h"
#include "operators.h"
#include "value.h"

/* --- functions of the table ---------------------------------------------------------------------------------- */

static PyObject *general[OP_COUNT]; /* their twins in Python, by row */

static PyObject *call_twin(int op, PyObject *const *args, Py_ssize_t count) {
    PyObject *tuple = PyTuple_New(count), *answer;
    if (!tuple) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_INCREF(args[i]);
        PyTuple_SetItem(tuple, i, args[i]);
    }
    answer = PyObject_CallObject(general[op], tuple);
    Py_DECREF(tuple);
    return answer;
}

static PyObject *call_row(int op, PyObject *const *args, Py_ssize_t count) {
    int nodes = 0;
    double number;
    for (Py_ssize_t i = 0; i < count; i++) {
        int kind = look_at(args[i], &number);
        if (kind == FOREIGN) return call_twin(op, args, count);
        nodes |= kind == NODE;
    }
    return nodes && count == rows[op].arity ? apply(NULL, op, args, count) : call_twin(op, args, count);
}

#define FUNCTION1(row) \
    static PyObject *function_##row(UNUSED PyObject *module, PyObject *const *args, Py_ssize_t count) { \
        return count == 1 && Py_TYPE(args[0]) == NodeType ? unary(OP_##row, f_##row, args[0]) \
                                                          : call_row(OP_##row, args, count); \
    }
#define FUNCTION(row) \
    static PyObject *function_##row(UNUSED PyObject *module, PyObject *const *args, Py_ssize_t count) { \
        return call_row(OP_##row, args, count); \
    }
ROWS1(FUNCTION1) ROWS2(FUNCTION) ROWS3(FUNCTION)
#undef FUNCTION1
#undef FUNCTION

#define ENTRY1(row) [OP_##row] = {#row, METHOD(function_##row), METH_FASTCALL, "(x, /)"},
#define ENTRY2(row) [OP_##row] = {#row, METHOD(function_##row), METH_FASTCALL, "(a, b, /)"},
#define ENTRY3(row) [OP_##row] = {#row, METHOD(function_##row), METH_FASTCALL, "(a, b, c, /)"},
static PyMethodDef functions[OP_COUNT] = {ROWS1(ENTRY1) ROWS2(ENTRY2) ROWS3(ENTRY3)};
#undef ENTRY1
#undef ENTRY2
#undef ENTRY3

/* function(row, twin, module) -> the row's function in C with the twin's words, or the twin if there is none */
static PyObject *core_function(UNUSED PyObject *core, PyObject *args) {
    PyObject *row, *twin, *module;
    if (!PyArg_ParseTuple(args, "O!OO:function", RowType, &row, &twin, &module)) return NULL;
    int op = ((Row *)row)->op;
    if (!PyCallable_Check(twin)) return PyErr_Format(PyExc_TypeError, "twin must be callable, not %R", twin);
    if (op >= OP_COUNT || !functions[op].ml_name || !((Row *)row)->compiled_from[0] || general[op]) {
        Py_INCREF(twin);
        return twin;
    }
    const char *doc = doc_for(functions[op].ml_name, functions[op].ml_doc, twin);
    PyObject *name = doc ? PyObject_GetAttrString(module, "__name__") : NULL, *function = NULL;
    if (name) {
        functions[op].ml_doc = doc;
        function = PyCFunction_NewEx(&functions[op], module, name);
        Py_DECREF(name);
    }
    if (!function) return NULL;
    Py_INCREF(twin);
    general[op] = twin;
    return function;
}

/* --- a module's call -------------------------------------------------------------------------------------------- */

static PyTypeObject *CalledType;
static PyObject *call_from_outside; /* nn.modules.scoping's: (module, inputs, options) */
static PyObject *name_parts, *name_forward, *name_func, *name_w, *name_b, *name_activation;

/* The scope in which pictures show a module's operations, new reference; NULL without an exception if there is none. */
static PyObject *scope_of(PyObject *module, PyObject *around) {
    if (!around || around == Py_None) return NULL;
    PyObject *parts = PyObject_GetAttr(around, name_parts), *scope = NULL;
    if (!parts) return NULL;
    PyObject *key = PyDict_Check(parts) ? PyLong_FromVoidPtr(module) : NULL;
    if (key) scope = PyDict_GetItemWithError(parts, key);
    Py_XINCREF(scope);
    Py_XDECREF(key);
    Py_DECREF(parts);
    return scope;
}

/* Enter a module's scope, or nothing if there is none; what was there before is to be given to leave_scope. */
static PyObject *enter_scope(PyObject *module, int *entered) {
    PyObject *before = state->scope;
    Py_XINCREF(before); /* looking for the scope may run Python code, which may set another */
    PyObject *scope = scope_of(module, before);
    *entered = scope != NULL;
    if (!scope) {
        Py_XDECREF(before);
        return NULL;
    }
    PyObject *now = state->scope;
    state->scope = scope;
    Py_XDECREF(now);
    return before;
}

static void leave_scope(PyObject *before) {
    PyObject *now = state->scope;
    state->scope = before;
    Py_XDECREF(now);
}

static PyObject *called_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    int entered;
    PyObject *before = enter_scope(self, &entered), *answer = NULL;
    if (entered) {
        PyObject *forward = PyObject_GetAttr(self, name_forward);
        if (forward) answer = PyObject_Call(forward, args, kwargs);
        Py_XDECREF(forward);
        leave_scope(before);
        return answer;
    }
    if (PyErr_Occurred()) return NULL;
    if (!call_from_outside) return PyErr_Format(PyExc_RuntimeError, "nn is not there");
    PyObject *function = call_from_outside, *options = kwargs ? kwargs : PyDict_New();
    Py_INCREF(function);
    if (options) answer = CALL(function, self, args, options);
    if (!kwargs) Py_XDECREF(options);
    Py_DECREF(function);
    return answer;
}

static PyType_Slot called_slots[] = {{Py_tp_call, SLOT(called_call)}, {0, NULL}};

static PyType_Spec called_spec = {
    "autograd._native.Called", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, called_slots};

/* set_call_from_outside(function) */
static PyObject *core_set_call_from_outside(UNUSED PyObject *core, PyObject *function) {
    PyObject *before = call_from_outside;
    if (!PyCallable_Check(function)) return PyErr_Format(PyExc_TypeError, "%R is not callable", function);
    Py_INCREF(function);
    call_from_outside = function;
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

/* --- a layer's neurons ------------------------------------------------------------------------------------------- */

/* dot(w, x) as one node, of two lists of one length; NULL without an exception where Python is to do it. */
static Node *dot_node(PyObject *w, PyObject *x) {
    if (!PyList_Check(w) || rows[OP_dot].in_python) return NULL;
    Py_ssize_t n = PyList_Size(w), count = 2 * n;
    if (n == 0 || n != PyList_Size(x)) return NULL;
    double *v = PyMem_Malloc((size_t)count * (sizeof(double) + sizeof(Node *)));
    if (!v) return (Node *)PyErr_NoMemory();
    Node **nodes = (Node **)(v + count), *node = NULL;
    int tracked = 0, any = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *operand = i < n ? PyList_GetItem(w, i) : PyList_GetItem(x, i - n);
        int kind = look_at(operand, v + i);
        if (kind == FOREIGN) goto failed;
        nodes[i] = kind == NODE ? (Node *)operand : NULL;
        any |= kind == NODE;
        tracked |= is_tracked(nodes[i]);
    }
    double *work = any ? scratch_for((size_t)count * WORK_PER_OPERAND) : NULL;
    if (!work) goto failed;
    for (Py_ssize_t i = 0; i < count; i++) Py_XINCREF((PyObject *)nodes[i]); /* before the collector may run */
    if (!(node = new_node(f_dot(count, v, work), OP_dot + 1, tracked))) {
        for (Py_ssize_t i = 0; i < count; i++) Py_XDECREF((PyObject *)nodes[i]);
        goto failed;
    }
    node->as.many.count = count;
    node->as.many.primals = v;
    node->as.many.operands = nodes;
    return node;
failed:
    PyMem_Free(v);
    return NULL;
}

/* activation(dot(w, x) + b) of one neuron, whose attributes are read anew each time; NULL without an exception where
 * Python is to do it, and nothing has been done yet. */
static PyObject *neuron_output(PyObject *neuron, PyObject *x, PyObject *linear) {
    PyObject *w = PyObject_GetAttr(neuron, name_w), *b = w ? PyObject_GetAttr(neuron, name_b) : NULL;
    PyObject *activation = b ? PyObject_GetAttr(neuron, name_activation) : NULL, *out = NULL;
    double bias;
    if (activation && (b == Py_None || look_at(b, &bias) != FOREIGN)) {
        Node *dot = dot_node(w, x);
        out = dot ? finished(dot) : NULL;
        if (out && b != Py_None) {
            PyObject *sum = operator_add(out, b);
            Py_DECREF(out);
            out = sum;
        }
        if (out && activation != linear) {
            PyObject *active = CALL(activation, out);
            Py_DECREF(out);
            out = active;
        }
    }
    Py_XDECREF(w);
    Py_XDECREF(b);
    Py_XDECREF(activation);
    return out;
}

/* Whether an object's forward is a function bound to it, and not what somebody put in its place. */
static int has_forward(PyObject *object, PyObject *function) {
    PyObject *method = PyObject_GetAttr(object, name_forward);
    PyObject *bound = method ? PyObject_GetAttr(method, name_func) : NULL;
    if (!bound) PyErr_Clear();
    Py_XDECREF(method);
    Py_XDECREF(bound);
    return bound == function;
}

/* The same in the neuron's scope. */
static PyObject *scoped_output(PyObject *neuron, PyObject *x, PyObject *linear) {
    int entered;
    PyObject *before = enter_scope(neuron, &entered), *out = entered ? neuron_output(neuron, x, linear) : NULL;
    if (entered) leave_scope(before);
    return out;
}

/* neurons(neurons, inputs, class, forward, linear): [neuron(inputs) for neuron in neurons], where those of just that
 * class whose forward is that function, which this computes, are not called. */
static PyObject *core_neurons(UNUSED PyObject *core, PyObject *const *args, Py_ssize_t count) {
    if (count != 5 || !PyList_Check(args[0]) || !PyList_Check(args[1]) || !PyType_Check(args[2]))
        return PyErr_Format(PyExc_TypeError, "neurons takes two lists, a class, its forward and an activation");
    int as_called = PyType_GetSlot((PyTypeObject *)args[2], Py_tp_call) == SLOT(called_call);
    PyObject *answer = PyList_New(0);
    for (Py_ssize_t i = 0; answer && i < PyList_Size(args[0]); i++) { /* whose length a call may change */
        PyObject *neuron = PyList_GetItem(args[0], i), *out = NULL;
        Py_INCREF(neuron);
        if (as_called && (PyObject *)Py_TYPE(neuron) == args[2] && has_forward(neuron, args[3]))
            out = scoped_output(neuron, args[1], args[4]);
        if (!out && !PyErr_Occurred()) out = CALL(neuron, args[1]);
        Py_DECREF(neuron);
        if (!out || PyList_Append(answer, out) < 0) Py_CLEAR(answer);
        Py_XDECREF(out);
    }
    return answer;
}

#endif
