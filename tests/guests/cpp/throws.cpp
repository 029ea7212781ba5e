// A C++ command that throws: by value, by reference and by pointer, through many frames, out of constructors and
// loops, again and nested, with objects cleaned up on the way in the right order.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>


namespace {

int alive = 0;

struct Trace {
    std::string name;
    explicit Trace(std::string n) : name(std::move(n)) { ++alive; }
    ~Trace() {
        --alive;
        std::printf("  left %s\n", name.c_str());
    }
};

struct Base {
    int code;
    explicit Base(int c) : code(c) {}
    virtual const char *what() const { return "base"; }
    virtual ~Base() = default;
};
struct Other {
    long extra = 77;
    virtual ~Other() = default;
};
// The second base lies behind the first, so that catching it moves the address.
struct Both : Base, Other {
    std::string text;
    Both(int c, std::string t) : Base(c), text(std::move(t)) {}
    const char *what() const override { return text.c_str(); }
};

[[gnu::noinline]] void deep(int depth, int kind) {
    Trace trace("frame " + std::to_string(depth));
    if (depth > 0) return deep(depth - 1, kind);
    switch (kind) {
    case 0: throw 42;
    case 1: throw Base(7);
    case 2: throw Both(8, "both bases");
    case 3: throw "a text";
    case 4: throw std::string("a string that is too long to lie inside");
    case 5: throw 2.5;
    case 6: throw std::out_of_range("out of range");
    default: return;
    }
}

void sort_out(int kind) {
    std::printf("kind %d\n", kind);
    try {
        deep(2, kind);
        std::printf("  nothing thrown\n");
    } catch (int number) {
        std::printf("  int %d\n", number);
    } catch (const Other &other) {
        std::printf("  other %ld, %s\n", other.extra, dynamic_cast<const Base &>(other).what());
    } catch (const Base &base) {
        std::printf("  base %d, %s\n", base.code, base.what());
    } catch (const char *text) {
        std::printf("  text %s\n", text);
    } catch (std::string &text) {
        std::printf("  string %s\n", text.c_str());
    } catch (const std::exception &exception) {
        std::printf("  standard %s\n", exception.what());
    } catch (...) {
        std::printf("  anything else\n");
    }
}

// Caught, changed, thrown again and caught outside.
int again() {
    try {
        try {
            throw Base(1);
        } catch (Base &base) {
            base.code += 10;
            throw;
        }
    } catch (const Base &base) {
        return base.code;
    }
}

// An exception while another is being handled.
int nested() {
    int sum = 0;
    try {
        throw 1;
    } catch (int outer) {
        try {
            throw outer + 10;
        } catch (int inner) {
            sum = inner;
        }
        sum += outer;
    }
    return sum;
}

struct Member {
    Trace trace{"a member"};
    explicit Member(bool fails) {
        if (fails) throw std::runtime_error("no member");
    }
};
struct Whole {
    Trace first{"the first part"};
    Member member;
    explicit Whole(bool fails) : member(fails) {}
};

// Throws and catches in a loop; each round takes another way.
long many(int rounds) {
    long sum = 0;
    for (int round = 0; round < rounds; ++round) {
        try {
            if (round % 3 == 0) throw round;
            if (round % 3 == 1) throw std::make_unique<int>(round);
            sum += 1;
        } catch (int number) {
            sum += number;
        } catch (const std::unique_ptr<int> &number) {
            sum -= *number;
        }
    }
    return sum;
}

int finally_runs() noexcept {
    int seen = 0;
    try {
        struct Guard {
            int &seen;
            ~Guard() { seen += 100; }
        } guard{seen};
        std::vector<int> numbers(3);
        for (int i = 0;; ++i) {
            if (i == 3) throw i;
            numbers[std::size_t(i)] = i;
        }
    } catch (int i) {
        seen += i;
    }
    return seen;
}

} // namespace

int main() {
    for (int kind = 0; kind <= 7; ++kind) sort_out(kind);
    std::printf("again: %d\n", again());
    std::printf("nested: %d\n", nested());
    try {
        Whole whole(true);
    } catch (const std::runtime_error &error) {
        std::printf("a constructor failed: %s\n", error.what());
    }
    std::printf("many: %ld\n", many(100000));
    std::printf("finally: %d\n", finally_runs());
    std::printf("alive: %d\n", alive);
    try {
        throw Both(99, "the end");
    } catch (...) {
        return 23;
    }
}
