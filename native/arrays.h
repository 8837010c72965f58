/* A program on arrays as a list of records that one call runs: loops of our own where they are NumPy's bit for bit,
 * elsewhere the call that Python would have made. */

#ifndef VALUEGRAD_ARRAYS_H
#define VALUEGRAD_ARRAYS_H

enum { CALL_PYTHON, ARRAY_ADD, ARRAY_SUB, ARRAY_MUL, ARRAY_DIV, ARRAY_OPERATIONS };
/* What NumPy calls the loops, in their order: the module's `loops`. */
#define ARRAY_NAMES "(ssss)", "add", "subtract", "multiply", "divide"

/* Beyond this many numbers NumPy's wider vectors win, and it lets the lock go. */
enum { LONGEST_LOOP = 512 };

/* Operands and the result, in order; a step is 0 for one number, or 1. The views keep the memory where it is. */
typedef struct {
    int operation;
    PyObject *function, *arguments;
    Py_buffer view[3];
    Py_ssize_t step[2], count;
} Record;

typedef struct {
    PyObject_HEAD
    Py_ssize_t count, loops;
    Record *records;
} Calls;

static PyTypeObject *CallsType;

static void release_views(Record *record, int count) {
    while (count--) PyBuffer_Release(&record->view[count]);
}

static int is_line(const Py_buffer *view) {
    return view->ndim <= 1 && view->itemsize == sizeof(double) && view->format && !strcmp(view->format, "d") &&
           (uintptr_t)view->buf % sizeof(double) == 0;
}

/* Whether a loop, number by number, does what NumPy does: an operand is the result's own numbers, or apart from them. */
static int fits(Record *record) {
    const Py_buffer *out = &record->view[2];
    uintptr_t start = (uintptr_t)out->buf, stop = start + (uintptr_t)out->len;
    if (!is_line(out)) return 0;
    record->count = out->len / (Py_ssize_t)sizeof(double);
    if (record->count > LONGEST_LOOP) return 0;
    for (int i = 0; i < 2; i++) {
        const Py_buffer *view = &record->view[i];
        uintptr_t first = (uintptr_t)view->buf, last = first + (uintptr_t)view->len;
        if (!is_line(view) || (view->len != out->len && view->len != (Py_ssize_t)sizeof(double))) return 0;
        record->step[i] = view->len == out->len;
        if (first < stop && start < last && (first != start || !record->step[i])) return 0;
    }
    return 1;
}

/* Turn a record into a loop, where it can be one; it remains a call otherwise. */
static void make_loop(Record *record, int operation) {
    if (PyTuple_Size(record->arguments) != 3) return;
    for (int i = 0; i < 3; i++) {
        int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (i == 2 ? PyBUF_WRITABLE : 0);
        if (PyObject_GetBuffer(PyTuple_GetItem(record->arguments, i), &record->view[i], flags) < 0) {
            PyErr_Clear();
            release_views(record, i);
            return;
        }
    }
    if (fits(record)) record->operation = operation;
    else release_views(record, 3);
}

static void calls_dealloc(PyObject *self) {
    Calls *calls = (Calls *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (Py_ssize_t i = 0; i < calls->count; i++) {
        Record *record = calls->records + i;
        if (record->operation != CALL_PYTHON) release_views(record, 3);
        Py_XDECREF(record->function);
        Py_XDECREF(record->arguments);
    }
    PyMem_Free(calls->records);
    ((freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* Calls(list of (operation, function, arguments)) */
static PyObject *calls_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *list;
    if (kwargs && PyDict_Size(kwargs)) return PyErr_Format(PyExc_TypeError, "Calls takes no keywords");
    if (!PyArg_ParseTuple(args, "O!:Calls", &PyList_Type, &list)) return NULL;
    PyObject *given = PyList_AsTuple(list); /* which nobody else can change */
    if (!given) return NULL;
    Py_ssize_t count = PyTuple_Size(given);
    Calls *calls = (Calls *)((allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (calls && !(calls->records = PyMem_Calloc((size_t)count + 1, sizeof(Record)))) PyErr_NoMemory();
    for (Py_ssize_t i = 0; calls && i < count && !PyErr_Occurred(); i++) {
        PyObject *item = PyTuple_GetItem(given, i), *function, *arguments;
        int operation;
        if (!PyTuple_Check(item)) {
            PyErr_Format(PyExc_TypeError, "record %zd must be a tuple", i);
            break;
        }
        if (!PyArg_ParseTuple(item, "iOO!:record", &operation, &function, &PyTuple_Type, &arguments)) break;
        if (operation < 0 || operation >= ARRAY_OPERATIONS || !PyCallable_Check(function)) {
            PyErr_Format(PyExc_ValueError, "record %zd has the operation %d, or a function that cannot be called", i, operation);
            break;
        }
        Record *record = calls->records + calls->count++;
        Py_INCREF(record->function = function);
        Py_INCREF(record->arguments = arguments);
        if (operation != CALL_PYTHON) make_loop(record, operation);
        calls->loops += record->operation != CALL_PYTHON;
    }
    Py_DECREF(given);
    if (PyErr_Occurred()) Py_CLEAR(calls);
    return (PyObject *)calls;
}

#define LOOP(sign) \
    for (Py_ssize_t i = 0; i < n; i++) out[i] = a[i * s] sign b[i * t]
#define LOOPS(sign)                                                       \
    if (s && t) for (Py_ssize_t i = 0; i < n; i++) out[i] = a[i] sign b[i]; \
    else LOOP(sign);                                                      \
    break

static void run_loop(const Record *record) {
    const double *a = record->view[0].buf, *b = record->view[1].buf;
    double *out = record->view[2].buf;
    Py_ssize_t n = record->count, s = record->step[0], t = record->step[1];
    switch (record->operation) {
    case ARRAY_ADD: LOOPS(+);
    case ARRAY_SUB: LOOPS(-);
    case ARRAY_MUL: LOOPS(*);
    case ARRAY_DIV: LOOPS(/);
    default: break;
    }
}

/* run(): all records, in order. */
static PyObject *calls_run(PyObject *self, UNUSED PyObject *none) {
    Calls *calls = (Calls *)self;
    for (Py_ssize_t i = 0; i < calls->count; i++) {
        const Record *record = calls->records + i;
        if (record->operation != CALL_PYTHON) {
            run_loop(record);
            continue;
        }
        PyObject *answer = PyObject_Call(record->function, record->arguments, NULL);
        if (!answer) return NULL;
        Py_DECREF(answer);
    }
    Py_RETURN_NONE;
}

static PyMethodDef calls_methods[] = {{"run", calls_run, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyMemberDef calls_members[] = {
    {"count", T_PYSSIZET, offsetof(Calls, count), READONLY, NULL},
    {"loops", T_PYSSIZET, offsetof(Calls, loops), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot calls_slots[] = {
    {Py_tp_new, SLOT(calls_new)}, {Py_tp_dealloc, SLOT(calls_dealloc)}, {Py_tp_methods, calls_methods}, {Py_tp_members, calls_members}, {0, NULL}};

static PyType_Spec calls_spec = {"autograd._native.Calls", sizeof(Calls), 0, Py_TPFLAGS_DEFAULT, calls_slots};

#endif
