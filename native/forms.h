/* Forms: the structure of an argument or an answer, by which numbers are read out of one and put into the other.
 *
 * A form is made from what autograd/compiler/shortcut.py says of a Structure. Reading accepts just what it has been told:
 * floats, ints, lists, tuples and dicts of exactly those types, arrays of float64. Anything else is not an error here:
 * the caller leaves it to Python, which knows more, and has the words where it is wrong.
 *
 * Arrays are read where NumPy keeps them. Its headers need not be there for that, since what is used of an array is the
 * beginning of its struct, which has been the same in all versions; shortcut.py looks at some arrays in both ways first,
 * and where that does not agree, arrays are left to Python.
 */

#ifndef VALUEGRAD_FORMS_H
#define VALUEGRAD_FORMS_H

#include "common.h"

enum { FORM_NUMBER, FORM_LIST, FORM_TUPLE, FORM_DICT, FORM_NONE, FORM_ARRAY, FORM_MADE, FORM_KINDS };

enum { DEEPEST_FORM = 100, MOST_AXES = 32 };

typedef struct Form {
    int kind;
    Py_ssize_t count;      /* of children; of an array, of axes */
    struct Form *children; /* NULL where all are numbers */
    PyObject *object;      /* a dict's keys; what puts together the rest */
    Py_ssize_t *shape;
} Form;

/* --- NumPy's arrays -------------------------------------------------------------------------------------------- */

/* The beginning of NumPy's PyArrayObject_fields. */
typedef struct {
    PyObject_HEAD
    char *data;
    int axes;
    intptr_t *shape, *strides;
    PyObject *base, *dtype;
    int flags;
} Array;

typedef PyObject *(*NewArray)(PyTypeObject *, int, const intptr_t *, int, const intptr_t *, void *, int, int, PyObject *);

enum { ARRAY_NEW = 93, ARRAY_DOUBLE = 12, ARRAY_CONTIGUOUS = 1 }; /* NumPy's numbers for PyArray_New, NPY_DOUBLE... */

static struct {
    PyTypeObject *array, *scalar; /* numpy.ndarray and numpy.float64; NULL until they are known */
    PyObject *float64;            /* the dtype, of which there is one */
    NewArray new;
} numpy;

/* use_numpy(ndarray, float64, dtype, capsule): look at arrays from now on; of None, do not. */
static PyObject *core_use_numpy(UNUSED PyObject *module, PyObject *args) {
    PyObject *array, *scalar, *dtype, *capsule;
    if (!PyArg_ParseTuple(args, "OOOO:use_numpy", &array, &scalar, &dtype, &capsule)) return NULL;
    if (array == Py_None) {
        numpy.array = NULL;
        Py_RETURN_NONE;
    }
    if (!PyType_Check(array) || !PyType_Check(scalar) || !PyCapsule_CheckExact(capsule))
        return PyErr_Format(PyExc_TypeError, "use_numpy takes two types, a dtype and a capsule");
    void **functions = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    if (!functions) return NULL;
    numpy.new = (NewArray)(uintptr_t)functions[ARRAY_NEW];
    Py_INCREF(scalar);
    Py_INCREF(dtype);
    Py_INCREF(array);
    numpy.scalar = (PyTypeObject *)scalar; /* NumPy is loaded once, so that these are never let go */
    numpy.float64 = dtype;
    numpy.array = (PyTypeObject *)array;
    Py_RETURN_NONE;
}

static int is_array(PyObject *object) { return numpy.array && Py_TYPE(object) == numpy.array; }

/* array_seen(array) -> what is seen of it: its address, shape and strides, and whether it is of float64 */
static PyObject *core_array_seen(UNUSED PyObject *module, PyObject *object) {
    if (!is_array(object)) return PyErr_Format(PyExc_TypeError, "%R is not looked at as an array", object);
    Array *array = (Array *)object;
    if (array->axes < 0 || array->axes > 64) return PyErr_Format(PyExc_ValueError, "it has %d axes", array->axes);
    PyObject *shape = PyTuple_New(array->axes), *strides = PyTuple_New(array->axes);
    for (int i = 0; shape && strides && i < array->axes; i++) {
        PyObject *length = PyLong_FromSsize_t(array->shape[i]), *step = PyLong_FromSsize_t(array->strides[i]);
        if (length) PyTuple_SetItem(shape, i, length);
        if (step) PyTuple_SetItem(strides, i, step);
    }
    PyObject *seen = NULL;
    if (shape && strides && !PyErr_Occurred())
        seen = Py_BuildValue("(KOOii)", (unsigned long long)(uintptr_t)array->data, shape, strides, array->dtype == numpy.float64, array->flags & ARRAY_CONTIGUOUS);
    Py_XDECREF(shape);
    Py_XDECREF(strides);
    return seen;
}

/* A new array of a shape, not filled. */
static PyObject *new_array(const Form *form) {
    if (!numpy.array) return PyErr_Format(PyExc_RuntimeError, "NumPy's arrays are not known here");
    return numpy.new(numpy.array, (int)form->count, form->shape, ARRAY_DOUBLE, NULL, NULL, 0, 0, NULL);
}

/* Copy an array with any strides, the last axis first. */
static double *copy_axes(const Array *array, int axis, const char *data, double *to) {
    Py_ssize_t length = array->shape[axis], step = array->strides[axis];
    if (axis + 1 == array->axes)
        for (Py_ssize_t i = 0; i < length; i++, data += step) memcpy(to++, data, sizeof(double));
    else
        for (Py_ssize_t i = 0; i < length; i++, data += step) to = copy_axes(array, axis + 1, data, to);
    return to;
}

static int read_array(const Form *form, PyObject *object, double **to) {
    if (!is_array(object)) return 0;
    const Array *array = (Array *)object;
    if (array->dtype != numpy.float64 || array->axes != form->count) return 0;
    size_t size = 1;
    for (Py_ssize_t i = 0; i < form->count; i++) {
        if (array->shape[i] != form->shape[i]) return 0;
        size *= (size_t)form->shape[i];
    }
    if (array->flags & ARRAY_CONTIGUOUS) memcpy(*to, array->data, size * sizeof(double));
    else copy_axes(array, 0, array->data, *to);
    *to += size;
    return 1;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* 1, or 0 for what is no plain number. No code of Python's runs. */
static inline int read_number(PyObject *object, double *to) {
    if (LIKELY(Py_TYPE(object) == &PyFloat_Type) || Py_TYPE(object) == numpy.scalar) {
        *to = PyFloat_AsDouble(object);
        return 1;
    }
    if (Py_TYPE(object) != &PyLong_Type) return 0;
    *to = PyLong_AsDouble(object);
    if (*to != -1.0 || !PyErr_Occurred()) return 1;
    PyErr_Clear(); /* too large: Python says so */
    return 0;
}

static int is_same_key(PyObject *a, PyObject *b) {
    if (a == b) return 1;
    return Py_TYPE(a) == &PyUnicode_Type && Py_TYPE(b) == &PyUnicode_Type && PyUnicode_Compare(a, b) == 0;
}

/* Read the numbers of a tree; 0 if it has not that form, and then no exception is set. */
static int read_form(const Form *form, PyObject *object, double **to) {
    const Form *children = form->children;
    Py_ssize_t count = form->count;
    switch (form->kind) {
    case FORM_NUMBER: return read_number(object, (*to)++);
    case FORM_LIST:
        if (Py_TYPE(object) != &PyList_Type || PyList_Size(object) != count) return 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *item = PyList_GetItem(object, i);
            if (!(children ? read_form(children + i, item, to) : read_number(item, (*to)++))) return 0;
        }
        return 1;
    case FORM_TUPLE:
        if (Py_TYPE(object) != &PyTuple_Type || PyTuple_Size(object) != count) return 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *item = PyTuple_GetItem(object, i);
            if (!(children ? read_form(children + i, item, to) : read_number(item, (*to)++))) return 0;
        }
        return 1;
    case FORM_DICT: {
        if (Py_TYPE(object) != &PyDict_Type || PyDict_Size(object) != count) return 0;
        PyObject *key, *item;
        Py_ssize_t position = 0;
        for (Py_ssize_t i = 0; i < count && PyDict_Next(object, &position, &key, &item); i++) {
            if (!is_same_key(key, PyTuple_GetItem(form->object, i))) return 0;
            if (!(children ? read_form(children + i, item, to) : read_number(item, (*to)++))) return 0;
        }
        return 1;
    }
    case FORM_NONE: return object == Py_None;
    case FORM_ARRAY: return read_array(form, object, to);
    default: return 0;
    }
}

/* --- building ----------------------------------------------------------------------------------------------------- */

/* Build a tree of numbers v[**slot], and move the slot on; NULL with an exception. */
static PyObject *build_form(const Form *form, const double *v, const int32_t **slot) {
    PyObject *answer = NULL;
    switch (form->kind) {
    case FORM_NUMBER: return PyFloat_FromDouble(v[*(*slot)++]);
    case FORM_NONE: Py_RETURN_NONE;
    case FORM_ARRAY: {
        if (!(answer = new_array(form))) return NULL;
        double *to = (double *)(void *)((Array *)answer)->data;
        size_t size = 1;
        for (Py_ssize_t i = 0; i < form->count; i++) size *= (size_t)form->shape[i];
        for (size_t i = 0; i < size; i++) to[i] = v[*(*slot)++];
        return answer;
    }
    default: break;
    }
    PyObject *items = form->kind == FORM_TUPLE ? PyTuple_New(form->count) : PyList_New(form->count);
    for (Py_ssize_t i = 0; items && i < form->count; i++) {
        PyObject *item = form->children ? build_form(form->children + i, v, slot) : PyFloat_FromDouble(v[*(*slot)++]);
        if (!item) Py_CLEAR(items);
        else if (form->kind == FORM_TUPLE) PyTuple_SetItem(items, i, item);
        else PyList_SetItem(items, i, item);
    }
    if (!items || form->kind == FORM_LIST || form->kind == FORM_TUPLE) return items;
    if (form->kind == FORM_MADE) {
        answer = CALL(form->object, items);
    } else if ((answer = PyDict_New())) {
        for (Py_ssize_t i = 0; answer && i < form->count; i++)
            if (PyDict_SetItem(answer, PyTuple_GetItem(form->object, i), PyList_GetItem(items, i)) < 0) Py_CLEAR(answer);
    }
    Py_DECREF(items);
    return answer;
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void clear_form(Form *form) {
    for (Py_ssize_t i = 0; form->children && i < form->count; i++) clear_form(form->children + i);
    PyMem_Free(form->children);
    PyMem_Free(form->shape);
    Py_XDECREF(form->object);
    memset(form, 0, sizeof *form);
}

static int visit_form(const Form *form, visitproc visit, void *arg) {
    Py_VISIT(form->object);
    for (Py_ssize_t i = 0; form->children && i < form->count; i++) {
        int stop = visit_form(form->children + i, visit, arg);
        if (stop) return stop;
    }
    return 0;
}

static Py_ssize_t wrong_form(void) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "this is no form of arguments or answers");
    return -1;
}

/* Fill a form, which is all 0, from (kind,) + (number of entries or their forms, keys or maker or shape); how many numbers
 * it holds, or -1 with an exception. Whoever owns the form clears it in either case. */
static Py_ssize_t fill_form(Form *form, PyObject *given, int depth) {
    Py_ssize_t parts = PyTuple_Check(given) ? PyTuple_Size(given) : 0;
    PyObject *first = parts ? PyTuple_GetItem(given, 0) : NULL;
    long kind = first && PyLong_Check(first) ? PyLong_AsLong(first) : -1;
    if (depth > DEEPEST_FORM || kind < 0 || kind >= FORM_KINDS) return wrong_form();
    form->kind = (int)kind;
    if (kind == FORM_NUMBER) return 1;
    if (kind == FORM_NONE) return 0;
    if (parts != 3) return wrong_form();
    PyObject *inside = PyTuple_GetItem(given, 1), *object = PyTuple_GetItem(given, 2);
    if (kind == FORM_ARRAY) {
        Py_ssize_t axes = PyTuple_Check(object) ? PyTuple_Size(object) : 0, size = 1;
        if (axes < 1 || axes > MOST_AXES) return wrong_form();
        if (!(form->shape = PyMem_Malloc((size_t)axes * sizeof(Py_ssize_t)))) return PyErr_NoMemory(), -1;
        for (Py_ssize_t i = 0; i < axes; i++) {
            Py_ssize_t length = PyLong_AsSsize_t(PyTuple_GetItem(object, i));
            if (length < 0 || length > INT32_MAX || (length && size > INT32_MAX / length)) return wrong_form();
            size *= form->shape[i] = length;
        }
        form->count = axes;
        return size;
    }
    Py_ssize_t total = 0, count;
    if (PyLong_Check(inside)) {
        total = count = PyLong_AsSsize_t(inside);
        if (count < 0 || count > INT32_MAX) return wrong_form();
        form->count = count;
    } else {
        if (!PyTuple_Check(inside)) return wrong_form();
        count = PyTuple_Size(inside);
        if (!(form->children = PyMem_Calloc((size_t)count + 1, sizeof(Form)))) return PyErr_NoMemory(), -1;
        form->count = count;
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_ssize_t size = fill_form(form->children + i, PyTuple_GetItem(inside, i), depth + 1);
            if (size < 0) return -1;
            if (size > INT32_MAX - total) return wrong_form();
            total += size;
        }
    }
    if (kind == FORM_DICT && (!PyTuple_Check(object) || PyTuple_Size(object) != count)) return wrong_form();
    if (kind == FORM_MADE && !PyCallable_Check(object)) return wrong_form();
    if (kind == FORM_DICT || kind == FORM_MADE) {
        Py_INCREF(object);
        form->object = object;
    }
    return total;
}

#endif
