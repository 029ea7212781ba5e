/* Call-heavy: builds, walks and frees many complete binary trees through malloc. */
#define BENCH_SCALE 18
#include "bench.h"

typedef struct Tree {
    struct Tree *left, *right;
} Tree;

static NOINLINE Tree *grow(uint32_t depth) {
    Tree *tree = must_alloc(sizeof *tree);
    tree->left = depth ? grow(depth - 1) : NULL;
    tree->right = depth ? grow(depth - 1) : NULL;
    return tree;
}

static NOINLINE uint32_t count(const Tree *tree) { return tree ? 1 + count(tree->left) + count(tree->right) : 0; }

static NOINLINE void fell(Tree *tree) {
    if (tree == NULL) return;
    fell(tree->left);
    fell(tree->right);
    free(tree);
}

static uint64_t run(uint32_t scale) {
    uint64_t sum = 0;
    Tree *kept = grow(scale);
    for (uint32_t depth = 4; depth <= scale; depth += 4) {
        uint32_t rounds = 1u << (scale - depth + 3);
        uint64_t nodes = 0;
        for (uint32_t i = 0; i < rounds; i++) {
            Tree *tree = grow(depth);
            nodes += count(tree);
            fell(tree);
        }
        sum = mix(sum, nodes);
    }
    sum = mix(sum, count(kept));
    fell(kept);
    return sum;
}
