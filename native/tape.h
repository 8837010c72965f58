/* The tape: a straight-line program of doubles as flat instructions.
 *
 * Python hands over a list of basic operations (autograd/compiler/tape.py), each on numbers made before it; nothing here
 * trusts it. A product that only one sum uses becomes one instruction with it, still rounded twice. Then numbers get
 * slots of a frame: the leaves, the constants, and registers, which are used again once nobody reads their number. So
 * a frame is small, and stays in the processor's cache.
 *
 * A run takes a frame that nobody else is using. Frames are kept, so that calls allocate nothing.
 */

#ifndef VALUEGRAD_TAPE_H
#define VALUEGRAD_TAPE_H

#include "common.h"
#include "operators.h"

#include "tape_operations.h"

#define X(name, arity, text) TAPE_##name,
enum { TAPE_OPERATIONS(X) TAPE_COUNT, TAPE_END = TAPE_COUNT, TAPE_DEAD };
#undef X

#define X(name, arity, text) arity,
static const unsigned char tape_arity[TAPE_COUNT] = {TAPE_OPERATIONS(X)};
#undef X

/* Slots of the result and of the operands; those that an operation does not have are 0. */
typedef struct { int32_t op, to, a, b, c; } Instruction;

enum { LANES = 64 }; /* computed at once, so that each instruction is fetched once for so many */

typedef struct Frame {
    struct Frame *next;
    void *memory;
    double *v; /* by slot, or by slot and lane; aligned for vectors */
} Frame;

typedef struct {
    PyObject_HEAD
    Py_ssize_t leaves, constants, slots, count, outputs;
    Instruction *code; /* count of them, and the end */
    double *constant;
    int32_t *output; /* slots */
    int calls_python; /* whether a run needs the interpreter lock */
    Frame *idle, *idle_lanes;
} Tape;

static PyTypeObject *TapeType;

/* --- running --------------------------------------------------------------------------------------------------- */

#if defined(__GNUC__) || defined(__clang__)
/* Each instruction jumps to the next one's code by itself, so that the processor learns which follows which. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#define X(name, arity, text) &&label_##name,
#define NEXT \
    p++; \
    goto *labels[p->op]
static void run_tape(const Instruction *p, double *v) {
    static const void *const labels[] = {TAPE_OPERATIONS(X) &&end};
    goto *labels[p->op];
#undef X
#define X(name, arity, text) \
    label_##name : { \
        const double a = v[p->a], b = v[p->b], c = v[p->c]; \
        (void)a, (void)b, (void)c; \
        v[p->to] = text; \
        NEXT; \
    }
    TAPE_OPERATIONS(X)
#undef X
end:
    return;
}
#undef NEXT
#pragma GCC diagnostic pop
#else
static void run_tape(const Instruction *p, double *v) {
    for (;; p++) {
        const double a = v[p->a], b = v[p->b], c = v[p->c];
        double *to = v + p->to;
        switch (p->op) {
#define X(name, arity, text) \
    case TAPE_##name: *to = text; break;
            TAPE_OPERATIONS(X)
#undef X
        default: return;
        }
    }
}
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define FOR_PROCESSORS __attribute__((target_clones("avx512f", "avx2", "default"))) /* chosen when it is loaded */
#else
#define FOR_PROCESSORS
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep") /* clang sees at run time whether blocks overlap */
#else
#define INDEPENDENT
#endif

/* The same in all lanes. A result may take the place of an operand, lane by lane. */
FOR_PROCESSORS static void run_tape_lanes(const Instruction *p, double *v) {
    for (;; p++) {
        const double *first = v + (size_t)p->a * LANES, *second = v + (size_t)p->b * LANES, *third = v + (size_t)p->c * LANES;
        double *to = v + (size_t)p->to * LANES;
        switch (p->op) {
#define X(name, arity, text) \
    case TAPE_##name: \
        INDEPENDENT \
        for (int i = 0; i < LANES; i++) { \
            const double a = first[i], b = second[i], c = third[i]; \
            (void)a, (void)b, (void)c; \
            to[i] = text; \
        } \
        break;
            TAPE_OPERATIONS(X)
#undef X
        default: return;
        }
    }
}

/* --- frames ---------------------------------------------------------------------------------------------------- */

static void free_frame(Frame *frame) {
    PyMem_Free(frame->memory);
    PyMem_Free(frame);
}

static Frame *new_frame(const Tape *tape, size_t lanes) {
    Frame *frame = PyMem_Malloc(sizeof(Frame));
    size_t room = (size_t)tape->slots + 1; /* an operand that there is not is read from slot 0 */
    if (frame && !(frame->memory = room > (SIZE_MAX - 64) / (sizeof(double) * lanes) ? NULL : PyMem_Calloc(room * lanes * sizeof(double) + 64, 1))) {
        PyMem_Free(frame);
        frame = NULL;
    }
    if (!frame) return (Frame *)PyErr_NoMemory();
    frame->v = (double *)(((uintptr_t)frame->memory + 63) & ~(uintptr_t)63);
    double *to = frame->v + (size_t)tape->leaves * lanes;
    for (Py_ssize_t i = 0; i < tape->constants; i++)
        for (size_t lane = 0; lane < lanes; lane++) *to++ = tape->constant[i];
    return frame;
}

/* A frame that nobody else is using, with the constants in it; NULL with an exception if there is no memory. */
static inline Frame *take_frame(Tape *tape) {
    Frame *frame = tape->idle;
    if (UNLIKELY(!frame)) return new_frame(tape, 1);
    tape->idle = frame->next;
    return frame;
}

static inline void give_frame_back(Tape *tape, Frame *frame) {
    frame->next = tape->idle;
    tape->idle = frame;
}

enum { LONG_RUN = 20000 }; /* instructions: some tens of microseconds, in which others may have the lock */

/* Run in a frame whose leaves are filled. Without the lock, where that is worth it: the caller must hold the tape. */
static inline void run_in_frame(const Tape *tape, Frame *frame) {
    if (LIKELY(tape->count < LONG_RUN || tape->calls_python)) {
        run_tape(tape->code, frame->v);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    run_tape(tape->code, frame->v);
    Py_END_ALLOW_THREADS
}

/* --- making ---------------------------------------------------------------------------------------------------- */

/* The operations as they come: operands are a leaf, or an earlier operation counted on from the leaves, or ~constant. */
typedef struct {
    Instruction *code;
    Py_ssize_t count, leaves, constants;
    int32_t *uses; /* how often an operation's number is used; -1 for an output */
    int32_t *last; /* the operation that reads its number last */
    int32_t *slot;
    int32_t *free; /* a stack of registers */
} Assembly;

static int32_t *operand_of(Instruction *instruction, int place) {
    return place == 0 ? &instruction->a : place == 1 ? &instruction->b : &instruction->c;
}

/* Whether everything is as it should be; else an exception. */
static int verify(const Assembly *assembly, const int32_t *outputs, Py_ssize_t output_count) {
    for (Py_ssize_t i = 0; i < assembly->count; i++) {
        Instruction *instruction = assembly->code + i;
        if (instruction->op < 0 || instruction->op >= TAPE_COUNT) {
            PyErr_Format(PyExc_ValueError, "operation %zd of the tape has the number %d, and there are %d kinds", i, (int)instruction->op, (int)TAPE_COUNT);
            return 0;
        }
        for (int place = 0; place < 3; place++) {
            int32_t operand = *operand_of(instruction, place);
            int right = place < tape_arity[instruction->op]
                            ? operand >= -assembly->constants && operand < assembly->leaves + i
                            : operand == 0;
            if (right) continue;
            PyErr_Format(PyExc_ValueError, "operand %d of operation %zd of the tape is %d, which is no number made before", place, i, (int)operand);
            return 0;
        }
    }
    for (Py_ssize_t i = 0; i < output_count; i++) {
        if (outputs[i] >= -assembly->constants && outputs[i] < assembly->leaves + assembly->count) continue;
        PyErr_Format(PyExc_ValueError, "output %zd of the tape is %d, which is no number of it", i, (int)outputs[i]);
        return 0;
    }
    return 1;
}

/* A factor that was negated for this product alone: c + (-a) * b is c - a * b, and has the same bits. */
static void take_sign(Assembly *assembly, Instruction *sum) {
    for (int place = 0; place < 2; place++) {
        int32_t *factor = operand_of(sum, place), made = *factor - (int32_t)assembly->leaves;
        if (made < 0 || assembly->uses[made] != 1 || assembly->code[made].op != TAPE_neg) continue;
        *factor = assembly->code[made].a;
        assembly->code[made].op = TAPE_DEAD;
        sum->op = sum->op == TAPE_muladd ? TAPE_submul : TAPE_muladd;
    }
}

/* Products that only one sum or difference uses join it. */
static void fuse(Assembly *assembly) {
    Py_ssize_t leaves = assembly->leaves;
    for (Py_ssize_t i = 0; i < assembly->count; i++)
        for (int place = 0; place < tape_arity[assembly->code[i].op]; place++) {
            int32_t operand = *operand_of(assembly->code + i, place);
            if (operand >= leaves && assembly->uses[operand - leaves] >= 0) assembly->uses[operand - leaves]++;
        }
    for (Py_ssize_t i = 0; i < assembly->count; i++) {
        Instruction *sum = assembly->code + i;
        if (sum->op != TAPE_add && sum->op != TAPE_sub) continue;
        for (int place = 1; place >= 0; place--) {
            int32_t product = *operand_of(sum, place), other = *operand_of(sum, 1 - place);
            if (product < leaves || assembly->uses[product - leaves] != 1) continue;
            Instruction *joined = assembly->code + (product - leaves);
            if (joined->op != TAPE_mul) continue;
            sum->op = sum->op == TAPE_add ? TAPE_muladd : place ? TAPE_submul : TAPE_mulsub;
            sum->a = joined->a;
            sum->b = joined->b;
            sum->c = other;
            joined->op = TAPE_DEAD;
            if (sum->op != TAPE_mulsub) take_sign(assembly, sum);
            break;
        }
    }
}

enum { WINDOW = 12, LATENCY = 5 }; /* measured: what a result takes to be read again, in instructions */

/* Put instructions in an order in which one seldom waits for the one before it: of the next few, the first whose operands
 * have had the time. A sum of many terms is a chain in which each would wait; so chains take turns. No operation changes,
 * and none moves far, so that registers are still used again soon. `moved` and `when` have room for a number an operation. */
static void schedule(Assembly *assembly, Instruction *ordered, int32_t *moved, int32_t *when) {
    Py_ssize_t leaves = assembly->leaves, next = 0, filled = 0;
    int32_t window[WINDOW], now = 0;
    for (Py_ssize_t i = 0; i < assembly->count; i++) moved[i] = -1;
    for (;;) {
        for (; filled < WINDOW && next < assembly->count; next++)
            if (assembly->code[next].op != TAPE_DEAD) window[filled++] = (int32_t)next;
        if (!filled) break;
        Py_ssize_t best = 0;
        int32_t earliest = INT32_MAX;
        for (Py_ssize_t i = 0; i < filled && earliest > now; i++) {
            Instruction *instruction = assembly->code + window[i];
            int32_t ready = 0;
            for (int place = 0; place < tape_arity[instruction->op]; place++) {
                int32_t operand = *operand_of(instruction, place);
                if (operand < leaves) continue;
                int32_t at = moved[operand - leaves] < 0 ? INT32_MAX : when[operand - leaves];
                if (at > ready) ready = at;
            }
            if (ready < earliest) {
                earliest = ready;
                best = i;
            }
        }
        int32_t chosen = window[best];
        filled--;
        memmove(window + best, window + best + 1, (size_t)(filled - best) * sizeof *window);
        when[chosen] = (earliest > now ? earliest : now) + LATENCY;
        moved[chosen] = now;
        ordered[now] = assembly->code[chosen];
        Instruction *instruction = ordered + now++;
        for (int place = 0; place < tape_arity[instruction->op]; place++) {
            int32_t *operand = operand_of(instruction, place);
            if (*operand >= leaves) *operand = (int32_t)leaves + moved[*operand - leaves];
        }
    }
    assembly->count = now;
}

/* Give every number a slot, and operands the slots of their numbers; returns how many slots that took. */
static Py_ssize_t allocate(Assembly *assembly) {
    Py_ssize_t leaves = assembly->leaves, top = leaves + assembly->constants, idle = 0;
    for (Py_ssize_t i = 0; i < assembly->count; i++)
        for (int place = 0; place < tape_arity[assembly->code[i].op]; place++) {
            int32_t operand = *operand_of(assembly->code + i, place);
            if (operand >= leaves) assembly->last[operand - leaves] = (int32_t)i;
        }
    for (Py_ssize_t i = 0; i < assembly->count; i++) {
        Instruction *instruction = assembly->code + i;
        for (int place = 0; place < tape_arity[instruction->op]; place++) {
            int32_t *operand = operand_of(instruction, place);
            if (*operand < 0) {
                *operand = (int32_t)(leaves + ~*operand);
            } else if (*operand >= leaves) {
                Py_ssize_t made = *operand - leaves;
                *operand = assembly->slot[made];
                if (assembly->last[made] == i && assembly->uses[made] >= 0) {
                    assembly->free[idle++] = assembly->slot[made];
                    assembly->last[made] = -1; /* it may be an operand twice */
                }
            }
        }
        instruction->to = assembly->slot[i] = idle ? assembly->free[--idle] : (int32_t)top++;
        if (assembly->last[i] < 0 && assembly->uses[i] >= 0) assembly->free[idle++] = instruction->to; /* nobody reads it */
    }
    return top;
}

/* Fill a tape with what was handed over. */
static int assemble(Tape *tape, const int32_t *operations, Py_ssize_t count, const int32_t *outputs) {
    Assembly assembly = {.count = count, .leaves = tape->leaves, .constants = tape->constants};
    int32_t *work = PyMem_Malloc((5 * (size_t)count + 1) * sizeof(int32_t)), *moved = work + 4 * count;
    assembly.code = PyMem_Malloc(((size_t)count + 1) * sizeof(Instruction));
    tape->code = PyMem_Malloc(((size_t)count + 1) * sizeof(Instruction));
    int failed = !work || !assembly.code || !tape->code;
    if (failed) {
        PyErr_NoMemory();
        goto done;
    }
    assembly.uses = work;
    assembly.last = work + count;
    assembly.slot = work + 2 * count;
    assembly.free = work + 3 * count;
    for (Py_ssize_t i = 0; i < count; i++) {
        const int32_t *from = operations + 4 * i;
        assembly.code[i] = (Instruction){from[0], 0, from[1], from[2], from[3]};
        assembly.uses[i] = 0;
        assembly.last[i] = -1;
    }
    if ((failed = !verify(&assembly, outputs, tape->outputs))) goto done;
    for (Py_ssize_t i = 0; i < tape->outputs; i++)
        if (outputs[i] >= tape->leaves) assembly.uses[outputs[i] - tape->leaves] = -1;
    fuse(&assembly);
    schedule(&assembly, tape->code, moved, assembly.slot);
    PyMem_Free(assembly.code);
    assembly.code = tape->code;
    for (Py_ssize_t i = 0; i < assembly.count; i++) assembly.uses[i] = 0;
    for (Py_ssize_t i = 0; i < tape->outputs; i++)
        if (outputs[i] >= tape->leaves) assembly.uses[moved[outputs[i] - tape->leaves]] = -1;
    tape->slots = allocate(&assembly);
    for (Py_ssize_t i = 0; i < tape->outputs; i++) {
        int32_t output = outputs[i];
        tape->output[i] = output < 0              ? (int32_t)(tape->leaves + ~output)
                          : output < tape->leaves ? output
                                                  : assembly.slot[moved[output - tape->leaves]];
    }
    tape->count = assembly.count;
    for (Py_ssize_t i = 0; i < tape->count; i++) tape->calls_python |= tape->code[i].op == TAPE_hypot;
    tape->code[tape->count] = (Instruction){TAPE_END, 0, 0, 0, 0};
done:
    if (assembly.code != tape->code) PyMem_Free(assembly.code);
    PyMem_Free(work);
    return failed ? -1 : 0;
}

static void tape_dealloc(PyObject *self) {
    Tape *tape = (Tape *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (Frame *frame = tape->idle, *next; frame; frame = next) {
        next = frame->next;
        free_frame(frame);
    }
    if (tape->idle_lanes) free_frame(tape->idle_lanes);
    PyMem_Free(tape->code);
    PyMem_Free(tape->constant);
    PyMem_Free(tape->output);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* A copy of a buffer's numbers, of so many bytes each; NULL with an exception. */
static void *copied(const Py_buffer *buffer, Py_ssize_t size, const char *what) {
    if (buffer->len % size) return PyErr_Format(PyExc_ValueError, "%s of a tape are %zd bytes, not a multiple of %zd", what, buffer->len, size);
    void *copy = PyMem_Malloc((size_t)buffer->len + 1);
    if (!copy) return PyErr_NoMemory();
    memcpy(copy, buffer->buf, (size_t)buffer->len);
    return copy;
}

/* Tape(leaves, constants, operations, outputs): what autograd.compiler.tape.Code has. */
static PyObject *tape_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"leaves", "constants", "operations", "outputs", NULL};
    Py_buffer constants, operations, outputs;
    Py_ssize_t leaves;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ny*y*y*:Tape", names, &leaves, &constants, &operations, &outputs)) return NULL;
    allocfunc allocate_object = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Tape *tape = NULL;
    int32_t *code = copied(&operations, 4 * sizeof(int32_t), "operations"), *found = NULL;
    Py_ssize_t count = operations.len / (Py_ssize_t)(4 * sizeof(int32_t));
    if (!code) goto done;
    if (leaves < 0 || leaves > INT32_MAX / 4 || count > INT32_MAX / 4 || constants.len / (Py_ssize_t)sizeof(double) > INT32_MAX / 4) {
        PyErr_Format(PyExc_ValueError, "a tape cannot have %zd leaves and %zd operations", leaves, count);
        goto done;
    }
    if (!(found = copied(&outputs, sizeof(int32_t), "outputs"))) goto done;
    if (!(tape = (Tape *)allocate_object(type, 0))) goto done;
    tape->leaves = leaves;
    tape->outputs = outputs.len / (Py_ssize_t)sizeof(int32_t);
    tape->constants = constants.len / (Py_ssize_t)sizeof(double);
    tape->output = PyMem_Malloc((size_t)outputs.len + 1);
    tape->constant = copied(&constants, sizeof(double), "constants");
    if (!tape->output && tape->constant) PyErr_NoMemory();
    if (!tape->output || !tape->constant || assemble(tape, code, count, found) < 0) Py_CLEAR(tape);
done:
    PyMem_Free(code);
    PyMem_Free(found);
    PyBuffer_Release(&constants);
    PyBuffer_Release(&operations);
    PyBuffer_Release(&outputs);
    return (PyObject *)tape;
}

/* --- calls ------------------------------------------------------------------------------------------------------ */

/* Put a list's numbers where *to points, and move it on; there is room for so many. */
static int fill(PyObject *list, double **to, const double *end) {
    Py_ssize_t count = PyList_Size(list);
    for (Py_ssize_t i = 0; i < count && *to < end; i++) { /* a number's own code may change the list */
        PyObject *item = i < PyList_Size(list) ? PyList_GetItem(list, i) : NULL;
        if (!item) return PyErr_Occurred() ? -1 : (PyErr_SetString(PyExc_RuntimeError, "the list of numbers changed its size"), -1);
        double number = PyFloat_AsDouble(item);
        if (number == -1.0 && PyErr_Occurred()) return -1;
        *(*to)++ = number;
    }
    return 0;
}

/* run(arguments, parameters) -> the outputs; both are lists of numbers. */
static PyObject *tape_call(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    Tape *tape = (Tape *)self;
    if (count != 2 || !PyList_Check(args[0]) || !PyList_Check(args[1]))
        return PyErr_Format(PyExc_TypeError, "run takes two lists of numbers");
    if (PyList_Size(args[0]) + PyList_Size(args[1]) != tape->leaves)
        return PyErr_Format(PyExc_TypeError, "the tape takes %zd numbers, not %zd and %zd", tape->leaves, PyList_Size(args[0]), PyList_Size(args[1]));
    Frame *frame = take_frame(tape);
    if (!frame) return NULL;
    PyObject *answer = NULL;
    double *to = frame->v, *end = to + tape->leaves;
    if (fill(args[0], &to, end) < 0 || fill(args[1], &to, end) < 0) goto done;
    if (to != end) {
        PyErr_SetString(PyExc_RuntimeError, "the list of numbers changed its size");
        goto done;
    }
    run_in_frame(tape, frame);
    answer = PyList_New(tape->outputs);
    for (Py_ssize_t i = 0; answer && i < tape->outputs; i++) {
        PyObject *number = PyFloat_FromDouble(frame->v[tape->output[i]]);
        if (!number) Py_CLEAR(answer);
        else PyList_SetItem(answer, i, number);
    }
done:
    give_frame_back(tape, frame);
    return answer;
}

/* A matrix of doubles that lies in a row; -1 with an exception that names it. */
static int matrix_of(PyObject *object, Py_buffer *buffer, int flags, const char *name, Py_ssize_t columns) {
    if (PyObject_GetBuffer(object, buffer, flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return -1;
    const char *format = buffer->format ? buffer->format : "B";
    if (buffer->ndim == 2 && buffer->itemsize == sizeof(double) && !strcmp(format, "d") && buffer->shape[1] == columns) return 0;
    PyErr_Format(PyExc_ValueError, "%s must be a matrix of float64 with %zd columns", name, columns);
    PyBuffer_Release(buffer);
    return -1;
}

/* Which leaf each column of the rows is, from a list, and the other leaves after them; NULL with an exception. */
static int32_t *leaves_of(const Tape *tape, PyObject *columns, Py_ssize_t count) {
    int32_t *leaf = PyMem_Malloc(((size_t)tape->leaves + 1) * sizeof(int32_t));
    char *taken = PyMem_Calloc((size_t)tape->leaves + 1, 1);
    if (!leaf || !taken) PyErr_NoMemory();
    else {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *item = PyList_GetItem(columns, i);
            Py_ssize_t number = item && Py_TYPE(item) == &PyLong_Type ? PyLong_AsSsize_t(item) : -1;
            if (number < 0 || number >= tape->leaves || taken[number]) {
                if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "column %zd must be one of the tape's %zd leaves, and no other column's", i, tape->leaves);
                break;
            }
            leaf[i] = (int32_t)number;
            taken[number] = 1;
        }
        for (Py_ssize_t i = 0, next = count; i < tape->leaves && !PyErr_Occurred(); i++)
            if (!taken[i]) leaf[next++] = (int32_t)i;
    }
    PyMem_Free(taken);
    if (!PyErr_Occurred()) return leaf;
    PyMem_Free(leaf);
    return NULL;
}

/* One block of lanes: rows in, run, outputs out. */
static void run_block(const Tape *tape, double *v, const int32_t *leaf, Py_ssize_t columns, const double *rows, double *out, Py_ssize_t lanes) {
    for (Py_ssize_t j = 0; j < columns; j++) {
        double *to = v + (size_t)leaf[j] * LANES;
        for (Py_ssize_t lane = 0; lane < LANES; lane++) to[lane] = rows[(lane < lanes ? lane : 0) * columns + j];
    }
    run_tape_lanes(tape->code, v);
    for (Py_ssize_t j = 0; j < tape->outputs; j++) {
        const double *from = v + (size_t)tape->output[j] * LANES;
        for (Py_ssize_t lane = 0; lane < lanes; lane++) out[lane * tape->outputs + j] = from[lane];
    }
}

/* lanes(rows, columns, shared, out): a run for each row.
 *
 * rows is a matrix of what differs from lane to lane, columns a list that says of each of its columns which leaf it is,
 * shared a list of the numbers of the other leaves, in order; out takes a row of outputs a lane. */
static PyObject *tape_lanes(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    Tape *tape = (Tape *)self;
    if (count != 4 || !PyList_Check(args[1]) || !PyList_Check(args[2]))
        return PyErr_Format(PyExc_TypeError, "lanes takes a matrix, two lists and a matrix");
    Py_ssize_t columns = PyList_Size(args[1]);
    if (columns + PyList_Size(args[2]) != tape->leaves)
        return PyErr_Format(PyExc_ValueError, "the tape takes %zd numbers, not %zd columns and %zd that all lanes share", tape->leaves, columns, PyList_Size(args[2]));
    Py_buffer rows, out;
    if (matrix_of(args[0], &rows, PyBUF_SIMPLE, "rows", columns) < 0) return NULL;
    if (matrix_of(args[3], &out, PyBUF_WRITABLE, "out", tape->outputs) < 0) {
        PyBuffer_Release(&rows);
        return NULL;
    }
    Py_ssize_t size = rows.shape[0];
    int32_t *leaf = NULL;
    double *shared = PyMem_Malloc(((size_t)tape->leaves + 1) * sizeof(double)), *to = shared;
    Frame *frame = tape->idle_lanes;
    tape->idle_lanes = NULL;
    if (out.shape[0] != size) PyErr_Format(PyExc_ValueError, "out has %zd rows for %zd lanes", out.shape[0], size);
    else if (!shared) PyErr_NoMemory();
    else if (fill(args[2], &to, shared + tape->leaves - columns) == 0 && to - shared == tape->leaves - columns &&
             (leaf = leaves_of(tape, args[1], columns)) && (frame || (frame = new_frame(tape, LANES)))) {
        for (Py_ssize_t i = columns; i < tape->leaves; i++)
            for (int lane = 0; lane < LANES; lane++) frame->v[(size_t)leaf[i] * LANES + lane] = shared[i - columns];
        Py_ssize_t at_once = LANES * (1 + ((Py_ssize_t)1 << 22) / (tape->count + 1)); /* some tens of milliseconds */
        for (Py_ssize_t start = 0; start < size && !PyErr_Occurred(); start += at_once) {
            Py_ssize_t stop = size - start > at_once ? start + at_once : size;
            PyThreadState *lock = tape->calls_python ? NULL : PyEval_SaveThread();
            for (Py_ssize_t lane = start; lane < stop; lane += LANES)
                run_block(tape, frame->v, leaf, columns, (double *)rows.buf + lane * columns,
                          (double *)out.buf + lane * tape->outputs, stop - lane < LANES ? stop - lane : LANES);
            if (lock) PyEval_RestoreThread(lock);
            PyErr_CheckSignals();
        }
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, "the list of numbers changed its size");
    }
    if (frame && tape->idle_lanes) free_frame(frame); /* somebody else's is kept */
    else if (frame) tape->idle_lanes = frame;
    PyMem_Free(shared);
    PyMem_Free(leaf);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&out);
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef tape_methods[] = {
    {"run", METHOD(tape_call), METH_FASTCALL, NULL},
    {"lanes", METHOD(tape_lanes), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef tape_members[] = {
    {"leaves", T_PYSSIZET, offsetof(Tape, leaves), READONLY, NULL},
    {"slots", T_PYSSIZET, offsetof(Tape, slots), READONLY, NULL},
    {"count", T_PYSSIZET, offsetof(Tape, count), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot tape_slots[] = {
    {Py_tp_new, SLOT(tape_new)}, {Py_tp_dealloc, SLOT(tape_dealloc)}, {Py_tp_methods, tape_methods}, {Py_tp_members, tape_members}, {0, NULL}};

static PyType_Spec tape_spec = {"autograd._native.Tape", sizeof(Tape), 0, Py_TPFLAGS_DEFAULT, tape_slots};

#endif
