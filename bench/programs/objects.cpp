// Indirect-call-heavy: C++ virtual functions in an expression tree that is evaluated and differentiated.
#define BENCH_SCALE 120
#include "bench.h"

namespace {

struct Node {
    virtual double value(double x) const = 0;
    virtual double slope(double x) const = 0;
    virtual ~Node() {}
};
struct Constant : Node {
    double number;
    explicit Constant(double n) : number(n) {}
    double value(double) const override { return number; }
    double slope(double) const override { return 0; }
};
struct Variable : Node {
    double value(double x) const override { return x; }
    double slope(double) const override { return 1; }
};
struct Pair : Node {
    Node *left, *right;
    Pair(Node *l, Node *r) : left(l), right(r) {}
    ~Pair() override {
        delete left;
        delete right;
    }
};
struct Sum : Pair {
    using Pair::Pair;
    double value(double x) const override { return left->value(x) + right->value(x); }
    double slope(double x) const override { return left->slope(x) + right->slope(x); }
};
struct Product : Pair {
    using Pair::Pair;
    double value(double x) const override { return left->value(x) * right->value(x); }
    double slope(double x) const override {
        return left->slope(x) * right->value(x) + left->value(x) * right->slope(x);
    }
};

Node *random_tree(uint32_t depth) {
    uint32_t pick = next_random() % 16;
    if (depth == 0 || pick == 0) {
        if (pick & 1) return new Variable;
        return new Constant((next_random() % 1000) / 512.0 - 1.0);
    }
    Node *left = random_tree(depth - 1);
    Node *right = random_tree(depth - 1);
    if (pick < 9) return new Sum(left, right);
    return new Product(left, right);
}

}  // namespace

static uint64_t run(uint32_t scale) {
    Node *trees[8];
    for (Node *&tree : trees) tree = random_tree(9);
    uint64_t sum = 0;
    for (uint32_t step = 0; step < scale * 10; step++) {
        double x = step / 1024.0;
        for (Node *tree : trees) sum = mix_double(sum, tree->value(x) + tree->slope(x));
    }
    for (Node *tree : trees) delete tree;
    return sum;
}
