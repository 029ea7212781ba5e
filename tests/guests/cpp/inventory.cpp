// A C++ command: containers, strings, smart pointers, templates, virtual functions, sorting, global constructors.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Log {
    std::vector<std::string> lines;
    Log() { lines.push_back("log opened before main"); }
    ~Log() {
        for (const auto &line : lines) std::printf("log: %s\n", line.c_str());
    }
};
Log journal;

struct Item {
    std::string name;
    int count;
    double price;
    virtual double value() const { return count * price; }
    Item(std::string n, int c, double p) : name(std::move(n)), count(c), price(p) {}
    virtual ~Item() { journal.lines.push_back(name + " let go"); }
};
struct Discounted : Item {
    using Item::Item;
    double value() const override { return Item::value() * 0.9; }
};

std::vector<std::unique_ptr<Item>> load(const char *path) {
    std::vector<std::unique_ptr<Item>> items;
    std::FILE *file = std::fopen(path, "r");
    if (!file) return items;
    char name[32];
    int count;
    double price;
    char header[128];
    std::fgets(header, sizeof header, file);
    while (std::fscanf(file, "%31[^,],%d,%lf\n", name, &count, &price) == 3) {
        if (count > 100) items.push_back(std::make_unique<Discounted>(name, count, price));
        else items.push_back(std::make_unique<Item>(name, count, price));
    }
    std::fclose(file);
    return items;
}

template <typename T, typename F>
auto transform_all(const std::vector<T> &from, F f) {
    std::vector<decltype(f(from[0]))> to;
    for (const auto &x : from) to.push_back(f(x));
    return to;
}

}  // namespace

int main(int argc, char **argv) {
    auto items = load("/data/numbers.csv");
    std::sort(items.begin(), items.end(), [](const auto &a, const auto &b) { return a->value() > b->value(); });
    for (const auto &item : items) std::printf("%-8s %8.2f\n", item->name.c_str(), item->value());

    std::map<char, std::set<std::string>> by_letter;
    std::unordered_map<std::string, std::size_t> lengths;
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        by_letter[word[0]].insert(word);
        lengths[word] = word.size();
    }
    for (const auto &[letter, words] : by_letter) {
        std::printf("%c:", letter);
        for (const auto &word : words) std::printf(" %s(%zu)", word.c_str(), lengths[word]);
        std::printf("\n");
    }

    std::vector<int> numbers(20);
    std::iota(numbers.begin(), numbers.end(), 1);
    auto squares = transform_all(numbers, [](int n) { return n * n; });
    std::function<long(long, int)> add = [offset = 1L](long total, int n) { return total + n + offset; };
    std::printf("sum %ld\n", std::accumulate(squares.begin(), squares.end(), 0L, add));
    std::string text = "wasm";
    do std::printf("%s ", text.c_str());
    while (std::next_permutation(text.begin(), text.end()));
    std::printf("\n");
    items.clear();
    return static_cast<int>(squares.back() / 4);
}
