/* What the generated rules call: the functions of conventions.h, and those that take Python or an array of arguments.
   Include Python.h before it. */
#ifndef VALUEGRAD_IEEE_H
#define VALUEGRAD_IEEE_H

#include "../autograd/emit/conventions.h"

/* Python's own, with an algorithm of its own: the module calls math.hypot. */
static double ag_hypot(double x, double y);

/* The builtin max() of n >= 1 numbers: the first of equal ones, and a nan only where it comes first. */
static inline double ag_largest(Py_ssize_t n, const double *v)
{
    double largest = v[0];
    for (Py_ssize_t i = 1; i < n; i++)
        if (v[i] > largest)
            largest = v[i];
    return largest;
}

/* The builtin sum() of floats: term by term until Python 3.11; from 3.12 on with the rounding errors added at the end
   (Neumaier 1974). One binary runs on both, so that it asks which Python runs. */
typedef struct {
    double total, error;
} ag_sum;

static inline void ag_sum_add(ag_sum *sum, double x)
{
    const double before = sum->total, after = before + x;
    if (Py_Version >= 0x030C0000)
        sum->error += fabs(before) >= fabs(x) ? (before - after) + x : (x - after) + before;
    sum->total = after;
}

static inline double ag_sum_value(const ag_sum *sum)
{
    /* Not where the error is 0, or -0.0 would lose its sign, nor where it is none: of an infinity it is nan. */
    return sum->error != 0.0 && isfinite(sum->error) ? sum->total + sum->error : sum->total;
}

#endif
