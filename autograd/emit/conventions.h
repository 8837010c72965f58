/* The functions of the IEEE namespace in autograd/namespaces.py, on doubles, in C99 without Python.

   C's own answer everywhere, where Python's math raises: a pole is an infinity, an invalid operation nan, an overflow
   an infinity. So most are the C library's, which Python's math module calls too; compile with -ffp-contract=off, or
   a product and a sum may be rounded once where Python rounds twice. The native core is made from them (native/ieee.h),
   and what autograd.compile writes as C (compiler/standalone.py), which takes the functions that it needs from here. */
#ifndef VALUEGRAD_CONVENTIONS_H
#define VALUEGRAD_CONVENTIONS_H

#include <math.h>

static inline double ag_exp(double x) { return exp(x); }
static inline double ag_expm1(double x) { return expm1(x); }
static inline double ag_log(double x) { return log(x); }
static inline double ag_log1p(double x) { return log1p(x); }
static inline double ag_log2(double x) { return log2(x); }
static inline double ag_log10(double x) { return log10(x); }
static inline double ag_cbrt(double x) { return cbrt(x); }
static inline double ag_sqrt(double x) { return sqrt(x); }
static inline double ag_sin(double x) { return sin(x); }
static inline double ag_cos(double x) { return cos(x); }
static inline double ag_tan(double x) { return tan(x); }
static inline double ag_asin(double x) { return asin(x); }
static inline double ag_acos(double x) { return acos(x); }
static inline double ag_atan(double x) { return atan(x); }
static inline double ag_atan2(double y, double x) { return atan2(y, x); }
static inline double ag_sinh(double x) { return sinh(x); }
static inline double ag_cosh(double x) { return cosh(x); }
static inline double ag_tanh(double x) { return tanh(x); }
static inline double ag_asinh(double x) { return asinh(x); }
static inline double ag_acosh(double x) { return acosh(x); }
static inline double ag_atanh(double x) { return atanh(x); }
static inline double ag_erf(double x) { return erf(x); }
static inline double ag_erfc(double x) { return erfc(x); }
static inline double ag_pow(double x, double y) { return pow(x, y); }
static inline double ag_abs(double x) { return fabs(x); }
static inline double ag_floor(double x) { return floor(x); }
static inline double ag_ceil(double x) { return ceil(x); }
static inline double ag_round(double x) { return nearbyint(x); } /* halves to the even one */

static inline int ag_isnan(double x) { return x != x; }

static inline double ag_sign(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : x;
}

static inline double ag_maximum(double x, double y) { return x > y || x != x ? x : y; }
static inline double ag_minimum(double x, double y) { return x < y || x != x ? x : y; }

/* a % b of Python's floats: fmod's remainder, which is exact, moved to the side of b; nan where they raise. */
static inline double ag_mod(double a, double b)
{
    const double rest = fmod(a, b);
    if (rest == 0.0)
        return copysign(0.0, b);
    return (b < 0.0) != (rest < 0.0) ? rest + b : rest;
}

/* a // b of Python's floats; IEEE's a / b where they raise. */
static inline double ag_floordiv(double a, double b)
{
    if (b == 0.0)
        return a / b;
    const double rest = fmod(a, b);
    double quotient = (a - rest) / b; /* whole, but for rounding */
    if (rest != 0.0 && (b < 0.0) != (rest < 0.0))
        quotient -= 1.0;
    if (quotient == 0.0)
        return copysign(0.0, a / b);
    const double below = floor(quotient);
    return quotient - below > 0.5 ? below + 1.0 : below;
}

#endif
