# Work for CRuby: strings, hashes, blocks, regular expressions, big integers, exceptions, files.
text = File.read(File.join(File.dirname(__FILE__), "notes.md"))
puts "ruby #{RUBY_VERSION}"
p ARGV
p text.downcase.scan(/\w+/).tally.sort_by { |word, count| [-count, word] }.first(3)
fib = Hash.new { |hash, n| hash[n] = n < 2 ? n : hash[n - 1] + hash[n - 2] }
p fib[90], 2**200
Point = Struct.new(:x, :y) { def +(other) = Point.new(x + other.x, y + other.y) }
p (1..10).map { |n| Point.new(n, n * n) }.reduce(:+).to_a
p %w[pear fig apple].sort_by(&:length).each_with_index.to_h
begin
  Integer("x")
rescue ArgumentError => error
  puts "error: #{error.message}"
end
lazy = (1..Float::INFINITY).lazy.select { |n| n % 7 == 3 }.map { |n| n * n }
p lazy.first(5)
case { name: "holm", parts: [1, 2, 3] }
in { name: String => name, parts: [first, *rest] }
  puts "#{name} #{first} #{rest}"
end
p "grüße".unpack("U*"), "héllo".bytes.sum, format("%08.3f", Math::PI)
p (1..20000).select { |n| (2..Math.sqrt(n)).none? { |d| (n % d).zero? } }.sum
