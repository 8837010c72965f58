/* Runs the generated rules of one row on many points, for test_c.py. */
#include <Python.h>
#include "ieee.h"
#include "rules.h"

static double (*python_hypot)(double, double);
static double ag_hypot(double x, double y) { return python_hypot(x, y); }

#define FORWARD1(row) case OP_##row: return f_##row(v[0]);
#define FORWARD2(row) case OP_##row: return f_##row(v[0], v[1]);
#define FORWARD3(row) case OP_##row: return f_##row(v[0], v[1], v[2]);
#define FORWARDN(row) case OP_##row: return f_##row(n, v, work);

static double forward(int op, Py_ssize_t n, const double *v, double *work)
{
    switch (op) { ROWS1(FORWARD1) ROWS2(FORWARD2) ROWS3(FORWARD3) ROWSN(FORWARDN) }
    return 0.0;
}

#define PARTIALS1(row) case OP_##row: has[0] = d0_##row(p, out, v[0]); return;
#define PARTIALS2(row) case OP_##row: \
    has[0] = d0_##row(p, out, v[0], v[1]); has[1] = d1_##row(p + 1, out, v[0], v[1]); return;
#define PARTIALS3(row) case OP_##row: \
    has[0] = d0_##row(p, out, v[0], v[1], v[2]); has[1] = d1_##row(p + 1, out, v[0], v[1], v[2]); \
    has[2] = d2_##row(p + 2, out, v[0], v[1], v[2]); return;
#define PARTIALSN(row) case OP_##row: \
    d_##row(p, out, n, v, work); for (Py_ssize_t i = 0; i < n; i++) has[i] = 1; return;

static void partials(int op, double *p, int *has, double out, Py_ssize_t n, const double *v, double *work)
{
    switch (op) { ROWS1(PARTIALS1) ROWS2(PARTIALS2) ROWS3(PARTIALS3) ROWSN(PARTIALSN) }
}

void set_hypot(double (*hypot)(double, double)) { python_hypot = hypot; }
int count_of_rows(void) { return OP_COUNT; }
const char *name_of(int op) { return row_names[op]; }
int arity_of(int op) { return row_arity[op]; }
int scratch(void) { return WORK_PER_OPERAND; }
const char *digest(int which) { return which ? SOURCES_DIGEST : TABLE_DIGEST; }

/* Points of n numbers each, one after the other; work is scratch of scratch() * n. */
void run(int op, Py_ssize_t n, Py_ssize_t points, const double *v, double *out, double *p, int *has, double *work)
{
    for (Py_ssize_t k = 0; k < points; k++, v += n, p += n, has += n) {
        out[k] = forward(op, n, v, work);
        partials(op, p, has, out[k], n, v, work);
    }
}
