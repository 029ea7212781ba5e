//! A Zig command: an allocator, a sieve, hash maps, sorting, formatted output, integers of odd widths.
const std = @import("std");

fn sieve(allocator: std.mem.Allocator, limit: usize) ![]bool {
    const composite = try allocator.alloc(bool, limit);
    @memset(composite, false);
    var i: usize = 2;
    while (i * i < limit) : (i += 1) {
        if (composite[i]) continue;
        var j = i * i;
        while (j < limit) : (j += i) composite[j] = true;
    }
    return composite;
}

const Word = struct {
    text: []const u8,
    count: u32,

    fn before(_: void, a: Word, b: Word) bool {
        if (a.count != b.count) return a.count > b.count;
        return std.mem.lessThan(u8, a.text, b.text);
    }
};

pub fn main(init: std.process.Init) !void {
    const allocator = init.gpa;
    var buffer: [512]u8 = undefined;
    var writer = std.Io.File.stdout().writer(init.io, &buffer);
    const out = &writer.interface;

    const composite = try sieve(allocator, 100000);
    defer allocator.free(composite);
    var count: u32 = 0;
    var last: usize = 0;
    for (composite, 0..) |not_prime, n| {
        if (n < 2 or not_prime) continue;
        count += 1;
        last = n;
    }
    try out.print("primes: {d}, last {d}\n", .{ count, last });

    const text = "one two three two three three four four four four";
    var words: std.StringHashMapUnmanaged(u32) = .empty;
    defer words.deinit(allocator);
    var parts = std.mem.tokenizeScalar(u8, text, ' ');
    while (parts.next()) |part| {
        const entry = try words.getOrPutValue(allocator, part, 0);
        entry.value_ptr.* += 1;
    }
    var sorted: std.ArrayList(Word) = .empty;
    defer sorted.deinit(allocator);
    var all = words.iterator();
    while (all.next()) |entry| try sorted.append(allocator, .{ .text = entry.key_ptr.*, .count = entry.value_ptr.* });
    std.mem.sort(Word, sorted.items, {}, Word.before);
    for (sorted.items) |word| try out.print("{d} {s}\n", .{ word.count, word.text });

    var odd: u129 = 1;
    for (1..30) |n| odd *= n;
    try out.print("29! = {d}\n", .{odd});
    const small: u7 = 100;
    try out.print("wrap {d}, saturate {d}\n", .{ small +% 50, small +| 50 });
    const vector: @Vector(4, f32) = .{ 1, 2, 3, 4 };
    try out.print("dot {d:.1}\n", .{@reduce(.Add, vector * vector)});
    try out.flush();
    std.process.exit(6);
}
