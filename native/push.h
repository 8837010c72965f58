/* Sweeps forward: tangents from the first node of a Sweep to the last. And the type of Sweep, which has both. */

#ifndef VALUEGRAD_PUSH_H
#define VALUEGRAD_PUSH_H

#include "common.h"
#include "partials.h"
#include "pull.h"
#include "sweep.h"

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
    size_t steps = 0;
    for (Py_ssize_t i = 0; i < sweep->size && !failed; i++) {
        Node *node = sweep->nodes[i];
        if (has[i] || !node->op) continue;
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = now_and_then(&steps, count)) < 0) break;
        if (!moving(sweep, i, has, room.wanted)) continue;
        if ((failed = partials_as_numbers(node, room.wanted, &room)) < 0) break;
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
    size_t steps = 0;
    for (Py_ssize_t i = 0; i < sweep->size && !failed; i++) {
        Node *node = sweep->nodes[i];
        if (has[i] || !node->op) continue;
        Py_ssize_t count = sweep->first[i + 1] - sweep->first[i];
        if ((failed = now_and_then(&steps, count)) < 0) break;
        if (!moving(sweep, i, has, room.wanted)) continue;
        if ((failed = partials_as_nodes(node, room.wanted, &room)) < 0) break;
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

/* --- the type ------------------------------------------------------------------------------------------ */

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
