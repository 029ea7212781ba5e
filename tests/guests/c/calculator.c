/* A C command that reads expressions from standard input and prints their values: recursive descent, function pointers,
 * floating-point printing and parsing. Ends with the number of lines it did not understand. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *at;
static int failed;

static double sum(void);

static const struct {
    const char *name;
    double (*apply)(double);
} functions[] = {{"sqrt", sqrt}, {"sin", sin}, {"exp", exp}, {"log", log}, {"floor", floor}, {"abs", fabs}};

static void skip(void) {
    while (*at == ' ' || *at == '\t') at++;
}

static double atom(void) {
    skip();
    if (*at == '-') return at++, -atom();
    if (*at == '(') {
        at++;
        double value = sum();
        skip();
        if (*at == ')') at++; else failed = 1;
        return value;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        size_t length = strlen(functions[i].name);
        if (!strncmp(at, functions[i].name, length) && at[length] == '(') return at += length, functions[i].apply(atom());
    }
    char *end;
    double value = strtod(at, &end);
    if (end == at) failed = 1;
    at = end;
    return value;
}

static double power(void) {
    double base = atom();
    skip();
    return *at == '^' ? (at++, pow(base, power())) : base;
}

static double product(void) {
    double value = power();
    for (;; ) {
        skip();
        if (*at == '*') at++, value *= power();
        else if (*at == '/') at++, value /= power();
        else if (*at == '%') at++, value = fmod(value, power());
        else return value;
    }
}

static double sum(void) {
    double value = product();
    for (;;) {
        skip();
        if (*at == '+') at++, value += product();
        else if (*at == '-') at++, value -= product();
        else return value;
    }
}

int main(void) {
    char line[256];
    int bad = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        at = line;
        failed = 0;
        double value = sum();
        skip();
        if (failed || *at) {
            printf("%s => not understood at %d\n", line, (int)(at - line));
            bad++;
        } else {
            printf("%s => %.12g\n", line, value);
        }
    }
    return bad;
}
