/* Runs the generated partials on nodes that only note what is done to them, for test_nodes.py. */
#include <Python.h>
#include "ieee.h"
#include "rules.h"

#define MOST 64

typedef struct {
    int index, op, references;
    double number;
    int operands[3]; /* indices of nodes; -1 for a constant */
    double constants[3];
} Node;

typedef struct {
    Node *node;
    double number;
} Operand;

static Node nodes[MOST];
static int made, failing; /* failing: which application fails, counted from 0; -1 for none */

static double (*python_hypot)(double, double);
static double ag_hypot(double x, double y) { return python_hypot(x, y); }

static inline Operand constant(double x)
{
    Operand operand = {NULL, 0.0};
    operand.number = x;
    return operand;
}

static inline double value_of(Operand x) { return x.node != NULL ? x.node->number : x.number; }

static Operand new_node(int op, double number)
{
    Operand operand = {&nodes[made], 0.0};
    operand.node->index = made++;
    operand.node->op = op;
    operand.node->references = 1;
    operand.node->number = number;
    return operand;
}

static int apply(Operand *answer, int op, double number, int count, const Operand *operands)
{
    int any = 0;
    for (int i = 0; i < count; i++)
        any = any || operands[i].node != NULL;
    if (failing-- == 0)
        return -1;
    *answer = constant(number);
    if (!any)
        return 0;
    *answer = new_node(op, number);
    for (int i = 0; i < count; i++) {
        answer->node->operands[i] = operands[i].node != NULL ? operands[i].node->index : -1;
        answer->node->constants[i] = operands[i].number;
    }
    return 0;
}

static inline int apply1(Operand *answer, int op, double (*f)(double), Operand a)
{
    return apply(answer, op, f(value_of(a)), 1, &a);
}

static inline int apply2(Operand *answer, int op, double (*f)(double, double), Operand a, Operand b)
{
    const Operand operands[2] = {a, b};
    return apply(answer, op, f(value_of(a), value_of(b)), 2, operands);
}

static inline int apply3(Operand *answer, int op, double (*f)(double, double, double), Operand a, Operand b, Operand c)
{
    const Operand operands[3] = {a, b, c};
    return apply(answer, op, f(value_of(a), value_of(b), value_of(c)), 3, operands);
}

static int release(Operand *temporaries, int count, int answer)
{
    for (int i = 0; i < count; i++)
        if (temporaries[i].node != NULL)
            temporaries[i].node->references--;
    return answer;
}

static int hand_over(Operand *partial, Operand from, Operand *temporaries, int count)
{
    *partial = from;
    if (from.node != NULL)
        from.node->references++;
    return release(temporaries, count, 1);
}

#include "traced.h"

#define CASE1(row) case OP_##row: return t0_##row(partial, out, v[0]);
#define CASE2(row) case OP_##row: return (place ? t1_##row : t0_##row)(partial, out, v[0], v[1]);
#define CASE3(row) case OP_##row: \
    return (place == 0 ? t0_##row : place == 1 ? t1_##row : t2_##row)(partial, out, v[0], v[1], v[2]);
#define CASEN(row) case OP_##row: *partial = tn_##row(place, n, v); return 1;

static int one(Operand *partial, int op, int place, Operand out, Py_ssize_t n, const Operand *v)
{
    switch (op) { TRACED1(CASE1) TRACED2(CASE2) TRACED3(CASE3) TRACEDN(CASEN) }
    return 2;
}

void set_hypot(double (*hypot)(double, double)) { python_hypot = hypot; }
int references(int index) { return nodes[index].references; }
int op_of(int index) { return nodes[index].op; }
int operand_of(int index, int place) { return nodes[index].operands[place]; }
double constant_of(int index, int place) { return nodes[index].constants[place]; }
double number_of(int index) { return nodes[index].number; }
int nodes_made(void) { return made; }

/* One partial. Node 0 is the output, node 1 + i is argument i, unless it is a constant.
   Tells whether there is a partial (2: no such function), and its node, or -1 and its number. */
int run(int op, int place, int fail, double out, int n, const double *v, const int *is_node, int *node, double *number)
{
    Operand operands[MOST], partial = {NULL, 0.0};
    (void)apply3; /* which no row of the table calls for */
    made = 0;
    failing = fail;
    const Operand output = new_node(OP_COUNT, out);
    for (int i = 0; i < n; i++) {
        operands[i] = new_node(OP_COUNT, v[i]);
        if (!is_node[i])
            operands[i] = constant(v[i]);
    }
    const int answer = one(&partial, op, place, output, n, operands);
    *node = partial.node != NULL ? partial.node->index : -1;
    *number = partial.number;
    return answer;
}
