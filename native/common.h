/* What every file of the core needs: Python's limited API, and the few macros that differ between compilers. */

#ifndef VALUEGRAD_COMMON_H
#define VALUEGRAD_COMMON_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "doubles are computed with more digits here than Python has: the pure core stays"
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define UNUSED __attribute__((unused))
#else
#define LIKELY(condition) (condition)
#define UNLIKELY(condition) (condition)
#define UNUSED
#endif

/* A function as the void pointer that a slot holds; ISO C has no direct cast from one to the other. */
#define SLOT(function) ((void *)(uintptr_t)(function))
/* A function of any of Python's calling conventions as the one that a method table is declared with. */
#define METHOD(function) ((PyCFunction)(void (*)(void))(function))

/* Signals are looked for once in so many operands: some hundredths of a second. Sweeps in arrays take longer for each. */
#define STEPS_BETWEEN_SIGNALS ((size_t)1 << 19)
#define STEPS_IN_ARRAYS ((size_t)1 << 17)

/* Call a Python object with arguments that are borrowed; the last of them is NULL. */
#define CALL(callable, ...) PyObject_CallFunctionObjArgs(callable, __VA_ARGS__, NULL)

#endif
