// What code compiled with -fwasm-exceptions calls and Debian's C++ libraries for WebAssembly leave out: making, throwing
// and catching exceptions, and finding the clause of a function that catches one.
//
// One thread. Not here: matching a type with another, which libc++abi's type_info does, and std::exception_ptr.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <typeinfo>

#if __clang_major__ > 19
// The tag that everything is thrown with; its value is the address of an Exception. Earlier compilers define it by themselves.
asm(R"(
  .tagtype __cpp_exception i32
  .globl __cpp_exception
__cpp_exception:
)");
#endif

namespace __cxxabiv1 {
// The part of libc++abi's types that says what a clause catches.
class __shim_type_info : public std::type_info {
  public:
    virtual ~__shim_type_info();
    virtual void noop1() const;
    virtual void noop2() const;
    virtual bool can_catch(const __shim_type_info *thrown, void *&object) const = 0;
};
} // namespace __cxxabiv1

namespace {

// Destructors give back what they are called with.
using Destructor = void *(*)(void *);

struct alignas(16) Exception {
    std::type_info *type;
    Destructor destroy;
    void *adjusted;      // the object as the clause that catches it sees it
    Exception *previous; // caught before and not finished yet
    int handlers;        // how many clauses hold it
    bool rethrown;
    void *object() { return this + 1; }
};

Exception *caught;

// A function's table of clauses, read byte by byte.
struct Table {
    const std::uint8_t *at;
    std::uint8_t byte() { return *at++; }
    std::intptr_t leb(bool is_signed) {
        std::uint64_t value = 0;
        unsigned shift = 0;
        std::uint8_t part;
        do {
            part = byte();
            value |= std::uint64_t(part & 0x7f) << shift;
            shift += 7;
        } while (part & 0x80);
        if (is_signed && (part & 0x40)) value |= ~std::uint64_t(0) << shift;
        return std::intptr_t(value);
    }
};

} // namespace

extern "C" {

// The compiler's mailbox: which try, its function's table, and in return which clause.
struct {
    std::intptr_t try_index;
    const std::uint8_t *table;
    std::intptr_t clause;
} __wasm_lpad_context;

void *__cxa_allocate_exception(std::size_t bytes) noexcept {
    void *memory = std::malloc(sizeof(Exception) + bytes);
    if (!memory) std::terminate();
    return (new (memory) Exception{})->object();
}

void __cxa_free_exception(void *object) noexcept { std::free(static_cast<Exception *>(object) - 1); }

[[noreturn]] void __cxa_throw(void *object, std::type_info *type, Destructor destroy) {
    Exception *exception = static_cast<Exception *>(object) - 1;
    exception->type = type;
    exception->destroy = destroy;
    __builtin_wasm_throw(0, exception);
}

// Finds the first clause of the try that catches the exception; 0 means that only cleaning up is to be done.
int _Unwind_CallPersonality(void *thrown) {
    Exception *exception = static_cast<Exception *>(thrown);
    Table table{__wasm_lpad_context.table};
    __wasm_lpad_context.clause = 0;
    if (!table.at || table.byte() != 0xff || table.byte() != 0) return 0; // no base, types as addresses
    std::intptr_t distance = table.leb(false);
    auto types = reinterpret_cast<std::type_info *const *>(table.at + distance);
    table.byte(); // how entries are written: always as here
    std::intptr_t length = table.leb(false);
    const std::uint8_t *actions = table.at + length;
    std::intptr_t action = 0;
    for (std::intptr_t index = 0; index <= __wasm_lpad_context.try_index; ++index) {
        table.leb(false);
        action = table.leb(false);
    }
    while (action) {
        table.at = actions + action - 1;
        std::intptr_t clause = table.leb(true);
        const std::uint8_t *link = table.at;
        std::intptr_t next = table.leb(true);
        if (clause > 0) {
            auto wanted = static_cast<const __cxxabiv1::__shim_type_info *>(types[-clause]);
            auto found = static_cast<const __cxxabiv1::__shim_type_info *>(exception->type);
            void *object = exception->object();
            if (!wanted || wanted->can_catch(found, object)) {
                exception->adjusted = object;
                __wasm_lpad_context.clause = clause;
                return 0;
            }
        }
        action = next ? link - actions + next + 1 : 0;
    }
    return 0;
}

int __gxx_wasm_personality_v0(void *thrown) { return _Unwind_CallPersonality(thrown); }

void *__cxa_begin_catch(void *thrown) noexcept {
    Exception *exception = static_cast<Exception *>(thrown);
    if (exception->handlers++ == 0 || exception->rethrown) {
        if (caught != exception) {
            exception->previous = caught;
            caught = exception;
        }
        exception->rethrown = false;
    }
    return exception->adjusted ? exception->adjusted : exception->object();
}

void *__cxa_get_exception_ptr(void *thrown) noexcept { return static_cast<Exception *>(thrown)->adjusted; }

void __cxa_end_catch() {
    Exception *exception = caught;
    if (!exception || --exception->handlers > 0) return;
    caught = exception->previous;
    if (exception->rethrown) return; // whoever catches it next ends it
    if (exception->destroy) exception->destroy(exception->object());
    std::free(exception);
}

[[noreturn]] void __cxa_rethrow() {
    if (!caught) std::terminate();
    caught->rethrown = true;
    __builtin_wasm_throw(0, caught);
}

} // extern "C"
