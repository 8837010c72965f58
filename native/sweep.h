/* Sweeps among chosen nodes: what grad, jacobian, hvp... and backward() with rules of Python's in the graph run on.
 *
 * A Sweep holds a part of a graph with its edges as indices. Cotangents and tangents wait in arrays of the call, not in
 * nodes, so that Python code may run in the middle (users' rules, signal handlers, another sweep of the same graph).
 *
 * The order of all additions is that of autograd/sweeps.py, so that both cores give the same bits.
 */

#ifndef VALUEGRAD_SWEEP_H
#define VALUEGRAD_SWEEP_H

#include "common.h"
#include "node.h"
#include "operators.h"
#include "order.h"
#include "traced_support.h"

typedef struct {
    PyObject_HEAD
    Py_ssize_t size, input_count, output_count, widest;
    Node **nodes;       /* in topological order, each with a reference */
    Py_ssize_t *first;  /* size + 1: where a node's edges begin */
    int32_t *edges;     /* for each operand its index among the nodes, or -1 */
    int32_t *inputs, *outputs;
} Sweep;

static PyTypeObject *SweepType;

/* --- making ------------------------------------------------------------------------------------------ */

/* One index has room for so many nodes: 2**31 of 96 bytes are 200 GB. */
#define MOST_NODES ((Py_ssize_t)INT32_MAX)

static void sweep_dealloc(PyObject *self) {
    Sweep *sweep = (Sweep *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (Py_ssize_t i = 0; i < sweep->size; i++) Py_DECREF((PyObject *)sweep->nodes[i]);
    PyMem_Free(sweep->nodes);
    PyMem_Free(sweep->first);
    PyMem_Free(sweep->edges);
    PyMem_Free(sweep->inputs);
    PyMem_Free(sweep->outputs);
    freefunc free_sweep = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    free_sweep(self);
    Py_DECREF((PyObject *)type);
}

static Sweep *new_sweep(Py_ssize_t room, Py_ssize_t inputs, Py_ssize_t outputs) {
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(SweepType, Py_tp_alloc);
    Sweep *sweep = room > MOST_NODES ? NULL : (Sweep *)allocate(SweepType, 0); /* zeroed */
    if (!sweep) return (Sweep *)(PyErr_Occurred() ? NULL : PyErr_NoMemory());
    sweep->nodes = PyMem_Malloc((size_t)(room + 1) * sizeof(Node *));
    sweep->first = PyMem_Malloc((size_t)(room + 1) * sizeof(Py_ssize_t));
    sweep->inputs = PyMem_Malloc((size_t)(inputs + 1) * sizeof(int32_t));
    sweep->outputs = PyMem_Malloc((size_t)(outputs + 1) * sizeof(int32_t));
    if (sweep->nodes && sweep->first && sweep->inputs && sweep->outputs) return sweep;
    Py_DECREF((PyObject *)sweep);
    return (Sweep *)PyErr_NoMemory();
}

/* The index of a node that bears one of the marks from `base` on; -1 of anything else. */
static int32_t index_of(Node *node, uint64_t base, Py_ssize_t size) {
    return node && node->mark >= base && node->mark < base + (uint64_t)size ? (int32_t)(node->mark - base) : -1;
}

static Node *node_or_null(PyObject *object) { return is_node(object) ? (Node *)object : NULL; }

/* Fill in the edges once the nodes are known; -1 with an exception. */
static int connect_nodes(Sweep *sweep, PyObject *inputs, PyObject *outputs) {
    Node **operands;
    double *primals;
    Py_ssize_t edges = 0;
    uint64_t base = take_marks((uint64_t)sweep->size + 1);
    for (Py_ssize_t i = 0; i < sweep->size; i++) {
        sweep->nodes[i]->mark = base + (uint64_t)i;
        edges += operands_of(sweep->nodes[i], &operands, &primals);
    }
    if (!(sweep->edges = PyMem_Malloc((size_t)(edges + 1) * sizeof(int32_t)))) {
        PyErr_NoMemory();
        return -1;
    }
    edges = 0;
    for (Py_ssize_t i = 0; i < sweep->size; i++) {
        Py_ssize_t count = operands_of(sweep->nodes[i], &operands, &primals);
        sweep->first[i] = edges;
        if (count > sweep->widest) sweep->widest = count;
        for (Py_ssize_t j = 0; j < count; j++) sweep->edges[edges++] = index_of(operands[j], base, sweep->size);
    }
    sweep->first[sweep->size] = edges;
    sweep->input_count = PyList_Size(inputs);
    sweep->output_count = PyList_Size(outputs);
    for (Py_ssize_t i = 0; i < sweep->input_count; i++)
        sweep->inputs[i] = index_of(node_or_null(PyList_GetItem(inputs, i)), base, sweep->size);
    for (Py_ssize_t i = 0; i < sweep->output_count; i++)
        sweep->outputs[i] = index_of(node_or_null(PyList_GetItem(outputs, i)), base, sweep->size);
    return 0;
}

/* Sweep(order, inputs, outputs): of the order only what depends on the inputs. */
static PyObject *sweep_new(UNUSED PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"order", "inputs", "outputs", NULL};
    PyObject *order, *inputs, *outputs;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:Sweep", names, &order, &inputs, &outputs)) return NULL;
    if (!(order = PySequence_List(order))) return NULL;
    inputs = PySequence_List(inputs);
    outputs = inputs ? PySequence_List(outputs) : NULL;
    Py_ssize_t total = PyList_Size(order);
    Sweep *sweep = outputs ? new_sweep(total, PyList_Size(inputs), PyList_Size(outputs)) : NULL;
    if (!sweep) goto done;
    uint64_t inside = take_marks(1);
    for (Py_ssize_t i = 0; i < PyList_Size(inputs); i++) {
        Node *input = node_or_null(PyList_GetItem(inputs, i));
        if (input) input->mark = inside;
    }
    for (Py_ssize_t i = 0; i < total; i++) {
        Node *node = node_or_null(PyList_GetItem(order, i)), **operands;
        double *primals;
        if (!node) {
            PyErr_SetString(PyExc_TypeError, "order must be a list of Values");
            Py_DECREF((PyObject *)sweep);
            sweep = NULL;
            goto done;
        }
        Py_ssize_t count = operands_of(node, &operands, &primals);
        int depends = node->mark == inside;
        for (Py_ssize_t j = 0; j < count && !depends; j++) depends = operands[j] && operands[j]->mark == inside;
        if (!depends) continue;
        node->mark = inside;
        Py_INCREF((PyObject *)node);
        sweep->nodes[sweep->size++] = node;
    }
    if (connect_nodes(sweep, inputs, outputs) < 0) {
        Py_DECREF((PyObject *)sweep);
        sweep = NULL;
    }
done:
    Py_DECREF(order);
    Py_XDECREF(inputs);
    Py_XDECREF(outputs);
    return (PyObject *)sweep;
}

/* --- partials of one node ------------------------------------------------------------------------------ */

/* Room for what one node needs, of the widest there is. */
typedef struct {
    Operand *partials, *operands;
    char *has; /* whether there is a partial for that operand */
    double *numbers, *work;
    int32_t *wanted; /* the edges that a partial is wanted for; -1 for the others */
} Room;

static int make_room(Room *room, Py_ssize_t widest) {
    size_t width = (size_t)widest + 1;
    size_t bytes = width * (2 * sizeof(Operand) + (1 + WORK_PER_OPERAND) * sizeof(double) + sizeof(int32_t) + 1);
    if (!(room->partials = PyMem_Malloc(bytes))) {
        PyErr_NoMemory();
        return -1;
    }
    room->operands = room->partials + width;
    room->numbers = (double *)(room->operands + width);
    room->work = room->numbers + width;
    room->wanted = (int32_t *)(room->work + WORK_PER_OPERAND * width);
    room->has = (char *)(room->wanted + width);
    return 0;
}

static void release_partials(Room *room, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++)
        if (room->has[i]) Py_XDECREF((PyObject *)room->partials[i].node);
}

/* By Python's rules, on floats or (traced) on nodes. */
static int partials_in_python(Node *node, const int32_t *wanted, Room *room, int traced) {
    Node **operands;
    double *primals;
    int op = node->op - 1, any_number = rows[op].arity == 0, failed = -1;
    Py_ssize_t count = operands_of(node, &operands, &primals), i;
    PyObject *rule = traced ? rows[op].row->traced : rows[op].row->partials, *all = NULL;
    PyObject *arguments = PyTuple_New(count + 1);
    memset(room->has, 0, (size_t)count);
    if (!rule) PyErr_Format(PyExc_TypeError, "%R has no partials yet", (PyObject *)rows[op].row);
    PyObject *rules = rule && arguments ? PySequence_Tuple(rule) : NULL;
    if (!rules) goto done;
    for (i = -1; i < count; i++) {
        PyObject *argument = (PyObject *)(i < 0 ? node : operands[i]);
        if (traced && argument) Py_INCREF(argument);
        else if (!(argument = PyFloat_FromDouble(i < 0 ? node->data : primals[i]))) goto done;
        PyTuple_SetItem(arguments, i + 1, argument);
    }
    if (any_number) { /* one function gives the partials of all operands */
        PyObject *first = PyTuple_GetItem(rules, 0), *answer = first ? PyObject_CallObject(first, arguments) : NULL;
        all = answer ? PySequence_Tuple(answer) : NULL;
        Py_XDECREF(answer);
        if (!all) goto done;
    }
    if (PyTuple_Size(all ? all : rules) != count) {
        PyErr_Format(PyExc_ValueError, "%R gives %zd partials for %zd operands", (PyObject *)rows[op].row,
                     PyTuple_Size(all ? all : rules), count);
        goto done;
    }
    for (i = 0; i < count; i++) {
        if (wanted[i] < 0) continue;
        PyObject *partial = PyTuple_GetItem(all ? all : rules, i);
        if (!all && PyCallable_Check(partial)) partial = PyObject_CallObject(partial, arguments);
        else Py_INCREF(partial);
        if (!partial) goto done;
        if (partial == Py_None) Py_DECREF(partial); /* absent */
        else if (traced && is_node(partial)) {
            room->partials[i] = (Operand){(Node *)partial, 0.0};
            room->has[i] = 1;
        } else {
            int refused = number_from(partial, "partial", op, &room->partials[i].number);
            Py_DECREF(partial);
            if (refused) goto done;
            room->partials[i].node = NULL;
            room->has[i] = 1;
        }
    }
    failed = 0;
done:
    if (failed) release_partials(room, count);
    Py_XDECREF(arguments);
    Py_XDECREF(rules);
    Py_XDECREF(all);
    return failed;
}

/* The partials by the wanted operands as numbers; `has` says which there are. 0, or -1 with an exception. */
static int partials_as_numbers(Node *node, const int32_t *wanted, Room *room) {
    int op = node->op - 1;
    double *p = room->numbers;
    char *has = room->has;
    if (rows[op].in_python) {
        if (partials_in_python(node, wanted, room, 0) < 0) return -1;
        Node **operands;
        double *primals;
        Py_ssize_t count = operands_of(node, &operands, &primals);
        for (Py_ssize_t i = 0; i < count; i++) p[i] = room->partials[i].number;
        return 0;
    }
    double x = node->as.pair.x, y = node->as.pair.y; /* where it has a pair */
    const double *v = node->as.many.primals;         /* where it has not */
    switch (op) {
#define CASE1(row) case OP_##row: has[0] = wanted[0] >= 0 && d0_##row(p, node->data, x); break;
#define CASE2(row) \
    case OP_##row: \
        has[0] = wanted[0] >= 0 && d0_##row(p, node->data, x, y); \
        has[1] = wanted[1] >= 0 && d1_##row(p + 1, node->data, x, y); \
        break;
#define CASE3(row) \
    case OP_##row: \
        has[0] = wanted[0] >= 0 && d0_##row(p, node->data, v[0], v[1], v[2]); \
        has[1] = wanted[1] >= 0 && d1_##row(p + 1, node->data, v[0], v[1], v[2]); \
        has[2] = wanted[2] >= 0 && d2_##row(p + 2, node->data, v[0], v[1], v[2]); \
        break;
#define CASEN(row) \
    case OP_##row: \
        d_##row(p, node->data, node->as.many.count, v, room->work); \
        for (Py_ssize_t i = 0; i < node->as.many.count; i++) has[i] = wanted[i] >= 0; \
        break;
        ROWS1(CASE1) ROWS2(CASE2) ROWS3(CASE3) ROWSN(CASEN)
#undef CASE1
#undef CASE2
#undef CASE3
#undef CASEN
    default: break;
    }
    return 0;
}

/* Raise if a leaf among the operands no longer has the number that the node was computed with. */
static int refuse_stale(Node *node) {
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of(node, &operands, &primals);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!operands[i]) continue;
        double now = operands[i]->data, then = primals[i];
        if (now == then || (now != now && then != then)) continue;
        PyObject *answer = CALL(python.refuse_stale, (PyObject *)node);
        if (!answer) return -1;
        Py_DECREF(answer);
    }
    return 0;
}

/* The partials as nodes and constants. The caller owns those that `has` tells of. */
static int partials_as_nodes(Node *node, const int32_t *wanted, Room *room) {
    if (refuse_stale(node) < 0) return -1;
    int op = node->op - 1, found = 0;
    /* While a switch is on, rules may meet symbols of a recording, which Python's reading knows how to ask. */
    if (rows[op].in_python || state->active || !has_traced[op]) return partials_in_python(node, wanted, room, 1);
    Node **operands;
    double *primals;
    Py_ssize_t count = operands_of(node, &operands, &primals);
    Operand *v = room->operands, *p = room->partials, out = {node, 0.0};
    char *has = room->has;
    for (Py_ssize_t i = 0; i < count; i++) {
        v[i] = (Operand){operands[i], primals[i]};
        has[i] = 0;
    }
#define WANTED(i, call) \
    if (wanted[i] >= 0) { \
        if ((found = call) < 0) break; \
        has[i] = (char)found; \
    }
    switch (op) {
#define CASE1(row) case OP_##row: WANTED(0, t0_##row(p, out, v[0])) break;
#define CASE2(row) \
    case OP_##row: WANTED(0, t0_##row(p, out, v[0], v[1])) WANTED(1, t1_##row(p + 1, out, v[0], v[1])) break;
#define CASE3(row) \
    case OP_##row: \
        WANTED(0, t0_##row(p, out, v[0], v[1], v[2])) \
        WANTED(1, t1_##row(p + 1, out, v[0], v[1], v[2])) \
        WANTED(2, t2_##row(p + 2, out, v[0], v[1], v[2])) \
        break;
#define CASEN(row) \
    case OP_##row: \
        for (Py_ssize_t i = 0; i < count; i++) \
            if (wanted[i] >= 0) { \
                p[i] = tn_##row(i, count, v); \
                Py_XINCREF((PyObject *)p[i].node); \
                has[i] = 1; \
            } \
        break;
        TRACED1(CASE1) TRACED2(CASE2) TRACED3(CASE3) TRACEDN(CASEN)
#undef CASE1
#undef CASE2
#undef CASE3
#undef CASEN
#undef WANTED
    default: break;
    }
    if (found >= 0) return 0;
    release_partials(room, count);
    return -1;
}

/* --- backward --------------------------------------------------------------------------------------------- */

static int is_anomaly(double share, double above) {
    return share != share || (!isfinite(share) && isfinite(above));
}

/* Cotangents from the last node to the first, as numbers: `cotangents` where `has` says so begin as the seeds and end as
 * the sums. Under detect_anomaly `watch` is that. 0, or -1 with an exception. */
static int pull_numbers(Sweep *sweep, double *cotangents, char *has, PyObject *watch) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    for (Py_ssize_t i = sweep->size; i-- > 0 && !failed;) {
        Node *node = sweep->nodes[i];
        if (UNLIKELY((size_t)i % STEPS_BETWEEN_SIGNALS == 0) && i && (failed = PyErr_CheckSignals())) break;
        if (!has[i] || !node->op) continue;
        const int32_t *edges = sweep->edges + sweep->first[i];
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = partials_as_numbers(node, edges, &room)) < 0) break;
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            double share = cotangents[i] * room.numbers[j];
            int32_t k = edges[j];
            if (UNLIKELY(watch != NULL) && is_anomaly(share, cotangents[i])) {
                PyObject *answer = PyObject_CallMethod(watch, "check_backward", "OOdd", (PyObject *)node,
                                                       (PyObject *)sweep->nodes[k], cotangents[i], share);
                Py_XDECREF(answer);
                if ((failed = answer ? 0 : -1)) break;
            }
            cotangents[k] = has[k] ? cotangents[k] + share : share;
            has[k] = 1;
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

static void release_all(Operand *operands, const char *has, Py_ssize_t count) {
    for (Py_ssize_t i = 0; operands && has && i < count; i++)
        if (has[i]) Py_XDECREF((PyObject *)operands[i].node);
    PyMem_Free(operands);
}

/* The same with nodes, which can be differentiated again. */
static int pull_nodes(Sweep *sweep, Operand *cotangents, char *has) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    for (Py_ssize_t i = sweep->size; i-- > 0 && !failed;) {
        Node *node = sweep->nodes[i];
        if (UNLIKELY((size_t)i % STEPS_BETWEEN_SIGNALS == 0) && i && (failed = PyErr_CheckSignals())) break;
        if (!has[i] || !node->op) continue;
        const int32_t *edges = sweep->edges + sweep->first[i];
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = partials_as_nodes(node, edges, &room)) < 0) break;
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            Operand share;
            if (!failed) failed = times(&share, cotangents[i], room.partials[j]);
            Py_XDECREF((PyObject *)room.partials[j].node);
            if (!failed) failed = gather(cotangents + edges[j], has + edges[j], share);
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

/* A seed as an operand that the caller owns; -1 with an exception. */
static int seed_from(PyObject *seed, Operand *operand) {
    *operand = constant(0.0);
    if (is_node(seed)) {
        Py_INCREF(seed);
        operand->node = (Node *)seed;
        return 0;
    }
    operand->number = PyFloat_AsDouble(seed);
    return operand->number == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* A list of the operands at the given indices; None where nothing arrived. */
static PyObject *answers(const Operand *found, const char *has, const int32_t *at, Py_ssize_t count) {
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = at[i] >= 0 && has[at[i]] ? object_of(found[at[i]]) : Py_None;
        if (item == Py_None) Py_INCREF(item);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, i, item);
    }
    return list;
}

static int push_numbers(Sweep *sweep, Operand *tangents, char *has);
static int push_nodes(Sweep *sweep, Operand *tangents, char *has);

/* The arguments of pull and push: a sequence of `count` seeds or Nones, and whether to create a graph. */
static PyObject *seeds_from(PyObject *args, PyObject *kwargs, const char *name, Py_ssize_t count, int *create) {
    static char *names[] = {"seeds", "create_graph", NULL};
    PyObject *seeds;
    *create = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|p", names, &seeds, create)) return NULL;
    if (!(seeds = PySequence_List(seeds))) return NULL;
    if (PyList_Size(seeds) == count) return seeds;
    PyErr_Format(PyExc_ValueError, "%s takes %zd seeds, not %zd", name, count, PyList_Size(seeds));
    Py_DECREF(seeds);
    return NULL;
}

/* pull(cotangents, create_graph=False) -> the cotangents of the inputs */
static PyObject *sweep_pull(PyObject *self, PyObject *args, PyObject *kwargs) {
    Sweep *sweep = (Sweep *)self;
    int create, failed = -1;
    PyObject *seeds = seeds_from(args, kwargs, "pull", sweep->output_count, &create), *answer = NULL, *watch = NULL;
    if (!seeds) return NULL;
    char *has = PyMem_Calloc((size_t)sweep->size + 1, 1);
    Operand *cotangents = PyMem_Malloc(((size_t)sweep->size + 1) * sizeof(Operand));
    double *numbers = create ? NULL : PyMem_Malloc(((size_t)sweep->size + 1) * sizeof(double));
    if (!has || !cotangents || (!create && !numbers)) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < sweep->output_count; i++) {
        PyObject *seed = PyList_GetItem(seeds, i);
        int32_t k = sweep->outputs[i];
        Operand operand;
        if (seed == Py_None || k < 0) continue;
        if (seed_from(seed, &operand) < 0) goto done;
        if (create ? gather(cotangents + k, has + k, operand) < 0 : operand.node != NULL) {
            if (!PyErr_Occurred()) {
                Py_DECREF((PyObject *)operand.node);
                PyErr_SetString(PyExc_TypeError, "a seed is a Value, but no graph is to be created");
            }
            goto done;
        }
        if (!create) {
            numbers[k] = has[k] ? numbers[k] + operand.number : operand.number;
            has[k] = 1;
        }
    }
    if (create) failed = pull_nodes(sweep, cotangents, has);
    else {
        if (state->active) {
            if (!(watch = PyObject_CallNoArgs(python.watch))) goto done;
            if (watch == Py_None) Py_CLEAR(watch);
        }
        failed = pull_numbers(sweep, numbers, has, watch);
        for (Py_ssize_t i = 0; i < sweep->size; i++) cotangents[i] = constant(has[i] ? numbers[i] : 0.0);
    }
    if (!failed) answer = answers(cotangents, has, sweep->inputs, sweep->input_count);
done:
    if (create) release_all(cotangents, has, sweep->size);
    else PyMem_Free(cotangents);
    PyMem_Free(has);
    PyMem_Free(numbers);
    Py_XDECREF(watch);
    Py_DECREF(seeds);
    return answer;
}

/* --- forward ----------------------------------------------------------------------------------------------- */

/* push(tangents, create_graph=False) -> the tangents of the outputs */
static PyObject *sweep_push(PyObject *self, PyObject *args, PyObject *kwargs) {
    Sweep *sweep = (Sweep *)self;
    int create, failed = -1;
    PyObject *seeds = seeds_from(args, kwargs, "push", sweep->input_count, &create), *answer = NULL;
    if (!seeds) return NULL;
    char *has = PyMem_Calloc((size_t)sweep->size + 1, 1);
    Operand *tangents = PyMem_Malloc(((size_t)sweep->size + 1) * sizeof(Operand));
    if (!has || !tangents) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < sweep->input_count; i++) {
        PyObject *seed = PyList_GetItem(seeds, i);
        int32_t k = sweep->inputs[i];
        Operand operand;
        if (seed == Py_None || k < 0) continue;
        if (seed_from(seed, &operand) < 0) goto done;
        if (has[k]) Py_XDECREF((PyObject *)tangents[k].node); /* of two seeds of one node the last one counts */
        tangents[k] = operand;
        has[k] = 1;
        if (operand.node && !create) {
            PyErr_SetString(PyExc_TypeError, "a seed is a Value, but no graph is to be created");
            goto done;
        }
    }
    failed = create ? push_nodes(sweep, tangents, has) : push_numbers(sweep, tangents, has);
    if (!failed) answer = answers(tangents, has, sweep->outputs, sweep->output_count);
done:
    release_all(tangents, has, sweep->size);
    PyMem_Free(has);
    Py_DECREF(seeds);
    return answer;
}

/* Which operands of a node move: their edges, -1 for the others. Whether there is one. */
static int moving(const Sweep *sweep, Py_ssize_t i, const char *has, int32_t *wanted) {
    int any = 0;
    for (Py_ssize_t j = sweep->first[i]; j < sweep->first[i + 1]; j++) {
        int32_t edge = sweep->edges[j];
        int moves = edge >= 0 && has[edge];
        wanted[j - sweep->first[i]] = moves ? edge : -1;
        any |= moves;
    }
    return any;
}

static int push_numbers(Sweep *sweep, Operand *tangents, char *has) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    for (Py_ssize_t i = 0; i < sweep->size && !failed; i++) {
        Node *node = sweep->nodes[i];
        if (UNLIKELY((size_t)i % STEPS_BETWEEN_SIGNALS == 0) && i && (failed = PyErr_CheckSignals())) break;
        if (has[i] || !node->op || !moving(sweep, i, has, room.wanted)) continue;
        if ((failed = partials_as_numbers(node, room.wanted, &room)) < 0) break;
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            double share = tangents[room.wanted[j]].number * room.numbers[j];
            tangents[i] = constant(has[i] ? tangents[i].number + share : share);
            has[i] = 1;
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

static int push_nodes(Sweep *sweep, Operand *tangents, char *has) {
    Room room;
    if (make_room(&room, sweep->widest) < 0) return -1;
    int failed = 0;
    for (Py_ssize_t i = 0; i < sweep->size && !failed; i++) {
        Node *node = sweep->nodes[i];
        if (UNLIKELY((size_t)i % STEPS_BETWEEN_SIGNALS == 0) && i && (failed = PyErr_CheckSignals())) break;
        if (has[i] || !node->op || !moving(sweep, i, has, room.wanted)) continue;
        if ((failed = partials_as_nodes(node, room.wanted, &room)) < 0) break;
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        for (Py_ssize_t j = 0; j < count; j++) {
            if (!room.has[j]) continue;
            Operand share;
            if (!failed) failed = times(&share, tangents[room.wanted[j]], room.partials[j]);
            Py_XDECREF((PyObject *)room.partials[j].node);
            if (!failed) failed = gather(tangents + i, has + i, share);
        }
    }
    PyMem_Free(room.partials);
    return failed;
}

static PyMethodDef sweep_methods[] = {
    {"pull", METHOD(sweep_pull), METH_VARARGS | METH_KEYWORDS, NULL},
    {"push", METHOD(sweep_push), METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot sweep_slots[] = {
    {Py_tp_new, SLOT(sweep_new)},
    {Py_tp_dealloc, SLOT(sweep_dealloc)},
    {Py_tp_methods, sweep_methods},
    {0, NULL},
};

static PyType_Spec sweep_spec = {"autograd.sweeps.Sweep", sizeof(Sweep), 0, Py_TPFLAGS_DEFAULT, sweep_slots};

#endif
