/* The module autograd._native: Value in C. README.md, beside this file, says how it hangs together.
 *
 * One translation unit, so that a compiler sees through it without the help of a linker.
 */

#include "common.h"

#include "memory.h"
#include "row.h"
#include "node.h"
#include "order.h"
#include "operators.h"
#include "sweep.h"
#include "partials.h"
#include "pull.h"
#include "push.h"
#include "backward.h"
#include "value.h"
#include "calls.h"
#include "tape.h"
#include "arrays.h"
#include "forms.h"
#include "shortcut.h"

/* connect(real=..., ...): the functions of Python's that the core falls back to; all of them, once. */
static PyObject *core_connect(UNUSED PyObject *module, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"real", "foreign", "under_modes", "compare", "refuse_data", "refuse_stale", "watch", "hooks", "check_key", NULL};
    PyObject **places[] = {&python.real, &python.foreign, &python.under_modes, &python.compare,
                           &python.refuse_data, &python.refuse_stale, &python.watch, &python.hooks, &python.check_key};
    PyObject *given[9];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOOOOOOO:connect", names, given, given + 1, given + 2, given + 3,
                                     given + 4, given + 5, given + 6, given + 7, given + 8))
        return NULL;
    if (python.real) return PyErr_Format(PyExc_RuntimeError, "they are connected already");
    for (int i = 0; i < 9; i++) {
        Py_INCREF(given[i]);
        *places[i] = given[i];
    }
    Py_RETURN_NONE;
}

static PyMemberDef state_members[] = {
    {"active", T_INT, offsetof(State, active), 0, NULL},
    {"transforming", T_INT, offsetof(State, transforming), 0, NULL},
    {"hooked", T_INT, offsetof(State, hooked), 0, NULL},
    {"scope", T_OBJECT, offsetof(State, scope), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot state_slots[] = {{Py_tp_members, state_members}, {0, NULL}};

static PyType_Spec state_spec = {
    "autograd._native.State", sizeof(State), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, state_slots};

static PyMethodDef core_functions[] = {
    {"adopt", core_adopt, METH_O, NULL},
    {"connect", METHOD(core_connect), METH_VARARGS | METH_KEYWORDS, NULL},
    {"value_type", core_value_type, METH_VARARGS, NULL},
    {"function", core_function, METH_VARARGS, NULL},
    {"topological_order", METHOD(core_topological_order), METH_VARARGS | METH_KEYWORDS, NULL},
    {"set_call_from_outside", core_set_call_from_outside, METH_O, NULL},
    {"use_numpy", core_use_numpy, METH_VARARGS, NULL},
    {"array_seen", core_array_seen, METH_O, NULL},
    {"neurons", METHOD(core_neurons), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject **place) {
    *place = (PyTypeObject *)PyType_FromSpec(spec);
    return *place && PyModule_AddObjectRef(module, name, (PyObject *)*place) == 0 ? 0 : -1;
}

/* The core keeps its state in C's static memory: one interpreter, once. Any other takes the pure core. */
static int core_exec(PyObject *module) {
    static int loaded;
    static PyTypeObject *StateType;
    if (loaded || PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        PyErr_SetString(PyExc_ImportError, "it runs in the main interpreter, and is loaded once");
        return -1;
    }
    PyObject *math = PyImport_ImportModule("math");
    math_hypot = math ? PyObject_GetAttrString(math, "hypot") : NULL;
    Py_XDECREF(math);
    if (math_hypot && !PyCFunction_Check(math_hypot)) { /* it is called where no Python code may run */
        PyErr_SetString(PyExc_ImportError, "somebody has exchanged math.hypot");
        return -1;
    }
    if (!math_hypot || !(empty_string = PyUnicode_FromString(""))) return -1;
    struct { PyObject **place; const char *name; } interned[] = {
        {&name_parts, "parts"}, {&name_call, "_call"}, {&name_forward, "forward"}, {&name_func, "__func__"}, {&name_w, "w"}, {&name_b, "b"}, {&name_activation, "activation"}};
    for (size_t i = 0; i < sizeof interned / sizeof *interned; i++)
        if (!(*interned[i].place = PyUnicode_InternFromString(interned[i].name))) return -1;
    if (add_type(module, "BoundRow", &row_spec, &RowType) < 0 || add_type(module, "Sweep", &sweep_spec, &SweepType) < 0 ||
        add_type(module, "Called", &called_spec, &CalledType) < 0 ||
        add_type(module, "Calls", &calls_spec, &CallsType) < 0 ||
        add_type(module, "Tape", &tape_spec, &TapeType) < 0 || add_type(module, "Route", &route_spec, &RouteType) < 0 ||
        add_type(module, "Shortcut", &shortcut_spec, &ShortcutType) < 0 ||
        add_type(module, "State", &state_spec, &StateType) < 0)
        return -1;
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(StateType, Py_tp_alloc);
    if (!(state = (State *)allocate(StateType, 0))) return -1;
    PyObject *digests = Py_BuildValue("(ss)", TABLE_DIGEST, SOURCES_DIGEST);
    PyObject *loops = Py_BuildValue(ARRAY_NAMES);
    int failed = !digests || PyModule_AddObjectRef(module, "digests", digests) < 0 ||
                 !loops || PyModule_AddObjectRef(module, "loops", loops) < 0 ||
                 PyModule_AddObjectRef(module, "state", (PyObject *)state) < 0 ||
                 PyModule_AddIntConstant(module, "node_size", (long)sizeof(Node)) < 0;
    Py_XDECREF(digests);
    Py_XDECREF(loops);
    loaded = !failed;
    return failed ? -1 : 0;
}

static PyModuleDef_Slot core_slots[] = {{Py_mod_exec, SLOT(core_exec)}, {0, NULL}};

static struct PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT, "autograd._native", "The native core: autograd/native.py decides whether it is used.", 0,
    core_functions, core_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void);
PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&core_module); }
