/* Shortcuts: a compiled function's call, from its arguments to its answer without Python.
 *
 * A route is what one structure of arguments takes: how numbers go in, the tape, how the answer is put together.
 * A Shortcut is the base of autograd.compiler's Compiled. It tries the routes that it knows, the latest first; where none fits,
 * its method `_call` has the arguments, as if there were no shortcut.
 */

#ifndef VALUEGRAD_SHORTCUT_H
#define VALUEGRAD_SHORTCUT_H

#include "forms.h"
#include "tape.h"

typedef struct {
    PyObject_HEAD
    Form arguments, answer; /* the former of a tuple */
    Tape *tape;
    PyObject *captured; /* a tuple of Values whose numbers are the leaves after the arguments */
    PyObject *owner;    /* what Python calls this way */
    int doubtful;       /* whether an answer with a nan is left to Python */
} Route;

enum { ROUTES = 8 };

typedef struct {
    PyObject_HEAD
    Route *routes[ROUTES];
    PyObject *latest; /* the owner of the route that was last taken; Python sets it where it took one itself */
} Shortcut;

static PyTypeObject *RouteType, *ShortcutType;
static PyObject *name_call;

/* --- routes ----------------------------------------------------------------------------------------------------- */

/* Route(tape, arguments, answer, captured, doubtful, owner) */
static PyObject *route_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"tape", "arguments", "answer", "captured", "doubtful", "owner", NULL};
    PyObject *tape, *arguments, *answer, *captured, *owner;
    int doubtful;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!OOO!pO:Route", names, TapeType, &tape, &arguments, &answer, &PyTuple_Type, &captured, &doubtful, &owner))
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_Size(captured); i++)
        if (!is_node(PyTuple_GetItem(captured, i))) return PyErr_Format(PyExc_TypeError, "captured must be Values");
    allocfunc allocate_object = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Route *route = (Route *)allocate_object(type, 0);
    if (!route) return NULL;
    Py_ssize_t in = fill_form(&route->arguments, arguments, 0), out = in < 0 ? -1 : fill_form(&route->answer, answer, 0);
    Tape *of = (Tape *)tape;
    if (out >= 0 && (route->arguments.kind != FORM_TUPLE || in + PyTuple_Size(captured) != of->leaves || out != of->outputs))
        PyErr_Format(PyExc_ValueError, "a tape of %zd numbers and %zd outputs is no route from %zd arguments and %zd Values to %zd numbers",
                     of->leaves, of->outputs, in, PyTuple_Size(captured), out);
    if (PyErr_Occurred()) {
        Py_DECREF(route);
        return NULL;
    }
    Py_INCREF(tape);
    Py_INCREF(captured);
    Py_INCREF(owner);
    route->tape = of;
    route->captured = captured;
    route->owner = owner;
    route->doubtful = doubtful;
    return (PyObject *)route;
}

static int route_traverse(PyObject *self, visitproc visit, void *arg) {
    Route *route = (Route *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(route->tape);
    Py_VISIT(route->captured);
    Py_VISIT(route->owner);
    int stop = visit_form(&route->arguments, visit, arg);
    return stop ? stop : visit_form(&route->answer, visit, arg);
}

/* Only what can be in a cycle; the rest may still be in use by a call. */
static int route_clear(PyObject *self) {
    Py_CLEAR(((Route *)self)->owner);
    return 0;
}

static void route_dealloc(PyObject *self) {
    Route *route = (Route *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear_form(&route->arguments);
    clear_form(&route->answer);
    Py_XDECREF((PyObject *)route->tape);
    Py_XDECREF(route->captured);
    Py_XDECREF(route->owner);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyType_Slot route_slots[] = {
    {Py_tp_new, SLOT(route_new)}, {Py_tp_dealloc, SLOT(route_dealloc)}, {Py_tp_traverse, SLOT(route_traverse)}, {Py_tp_clear, SLOT(route_clear)}, {0, NULL}};

static PyType_Spec route_spec = {"autograd._native.Route", sizeof(Route), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, route_slots};

/* The answer for arguments; NULL, without an exception where they have not the route's form, or Python is to say more. */
static PyObject *take_route(Route *route, PyObject *args) {
    Tape *tape = route->tape;
    Frame *frame = take_frame(tape);
    if (UNLIKELY(!frame)) return NULL;
    double *v = frame->v, *to = v;
    PyObject *answer = NULL;
    if (!read_form(&route->arguments, args, &to)) goto done;
    for (Py_ssize_t i = 0, count = PyTuple_Size(route->captured); i < count; i++)
        *to++ = ((Node *)PyTuple_GetItem(route->captured, i))->data;
    run_in_frame(tape, frame);
    if (route->doubtful)
        for (Py_ssize_t i = 0; i < tape->outputs; i++)
            if (UNLIKELY(isnan(v[tape->output[i]]))) goto done;
    const int32_t *slot = tape->output;
    answer = build_form(&route->answer, v, &slot);
done:
    give_frame_back(tape, frame);
    return answer;
}

/* --- shortcuts -------------------------------------------------------------------------------------------------- */

static PyObject *shortcut_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    Shortcut *shortcut = (Shortcut *)self;
    if (LIKELY(!kwargs || !PyDict_Size(kwargs)))
        for (int i = 0; i < ROUTES && shortcut->routes[i]; i++) {
            Route *route = shortcut->routes[i];
            if (route->arguments.count != PyTuple_Size(args)) continue;
            Py_INCREF((PyObject *)route); /* a run without the lock, or a finalizer, may drop it */
            PyObject *answer = take_route(route, args);
            if (answer && UNLIKELY(shortcut->latest != route->owner) && route->owner) {
                PyObject *before = shortcut->latest;
                Py_INCREF(route->owner);
                shortcut->latest = route->owner;
                Py_XDECREF(before);
            }
            Py_DECREF((PyObject *)route);
            if (answer || PyErr_Occurred()) return answer;
        }
    PyObject *method = PyObject_GetAttr(self, name_call);
    PyObject *answer = method ? PyObject_Call(method, args, kwargs) : NULL;
    Py_XDECREF(method);
    return answer;
}

/* remember(route): the first to be tried from now on; the last of many is forgotten. */
static PyObject *shortcut_remember(PyObject *self, PyObject *route) {
    Shortcut *shortcut = (Shortcut *)self;
    if (Py_TYPE(route) != RouteType) return PyErr_Format(PyExc_TypeError, "remember takes a Route, not %R", route);
    Route *last = shortcut->routes[ROUTES - 1];
    memmove(shortcut->routes + 1, shortcut->routes, (ROUTES - 1) * sizeof(Route *));
    Py_INCREF(route);
    shortcut->routes[0] = (Route *)route;
    Py_XDECREF((PyObject *)last);
    Py_RETURN_NONE;
}

static int shortcut_traverse(PyObject *self, visitproc visit, void *arg) {
    Shortcut *shortcut = (Shortcut *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(shortcut->latest);
    for (int i = 0; i < ROUTES; i++) Py_VISIT(shortcut->routes[i]);
    return 0;
}

static int shortcut_clear(PyObject *self) {
    Shortcut *shortcut = (Shortcut *)self;
    for (int i = 0; i < ROUTES; i++) Py_CLEAR(shortcut->routes[i]);
    Py_CLEAR(shortcut->latest);
    return 0;
}

static void shortcut_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    shortcut_clear(self);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyMethodDef shortcut_methods[] = {{"remember", shortcut_remember, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyMemberDef shortcut_members[] = {{"latest", T_OBJECT, offsetof(Shortcut, latest), 0, NULL}, {NULL, 0, 0, 0, NULL}};

static PyType_Slot shortcut_slots[] = {
    {Py_tp_call, SLOT(shortcut_call)},         {Py_tp_dealloc, SLOT(shortcut_dealloc)},
    {Py_tp_traverse, SLOT(shortcut_traverse)}, {Py_tp_clear, SLOT(shortcut_clear)},
    {Py_tp_methods, shortcut_methods},         {Py_tp_members, shortcut_members}, {0, NULL}};

static PyType_Spec shortcut_spec = {"autograd._native.Shortcut", sizeof(Shortcut), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, shortcut_slots};

#endif
