// A Kotlin program for WASI: classes and interfaces, collections, strings, closures, exceptions, generics, sequences,
// and much garbage, cycles included.

sealed interface Expr
data class Num(val value: Long) : Expr
data class Name(val name: String) : Expr
data class Op(val sign: Char, val left: Expr, val right: Expr) : Expr

class Unknown(val name: String) : Exception("unknown name $name")

class Parser(private val text: String) {
    private var at = 0

    fun whole(): Expr {
        val result = sum()
        if (at != text.length) throw IllegalArgumentException("unexpected '${text[at]}' at $at")
        return result
    }

    private fun sum(): Expr = chain("+-") { product() }
    private fun product(): Expr = chain("*/%") { atom() }

    private fun chain(signs: String, next: () -> Expr): Expr {
        var left = next()
        while (at < text.length && text[at] in signs) left = Op(text[at++], left, next())
        return left
    }

    private fun atom(): Expr {
        if (at == text.length) throw IllegalArgumentException("unexpected end")
        if (text[at] == '(') {
            at++
            val inner = sum()
            if (at == text.length || text[at] != ')') throw IllegalArgumentException("missing ')'")
            at++
            return inner
        }
        val start = at
        while (at < text.length && text[at].isLetterOrDigit()) at++
        if (start == at) throw IllegalArgumentException("unexpected '${text[at]}' at $at")
        val word = text.substring(start, at)
        return word.toLongOrNull()?.let { Num(it) } ?: Name(word)
    }
}

fun evaluate(expr: Expr, names: Map<String, Long>): Long = when (expr) {
    is Num -> expr.value
    is Name -> names[expr.name] ?: throw Unknown(expr.name)
    is Op -> {
        val (left, right) = evaluate(expr.left, names) to evaluate(expr.right, names)
        when (expr.sign) {
            '+' -> left + right
            '-' -> left - right
            '*' -> left * right
            '/', '%' -> {
                if (right == 0L) throw ArithmeticException("division of $left by zero")
                if (expr.sign == '/') left / right else left % right
            }
            else -> error("no such sign")
        }
    }
}

fun calculator() {
    val names = mapOf("x" to 12L, "big" to Long.MAX_VALUE)
    for (text in listOf("1+2*3", "(1+2)*3", "x%5-x/5", "big+1", "y*2", "7/(3-3)", "2*(3", "4+", "5 5", "")) {
        var done = false
        val answer = try {
            evaluate(Parser(text).whole(), names).toString()
        } catch (unknown: Unknown) {
            "no value for ${unknown.name}"
        } catch (error: ArithmeticException) {
            "arithmetic: ${error.message}"
        } catch (error: IllegalArgumentException) {
            "syntax: ${error.message}"
        } finally {
            done = true
        }
        println("$text = $answer${if (done) "" else "?"}")
    }
}

fun words() {
    val text = "the river under the bridge and the stone in the river keep the bridge and the river apart"
    val counts = text.split(' ').groupingBy { it }.eachCount()
    for ((word, count) in counts.entries.sortedWith(compareBy({ -it.value }, { it.key })).take(5)) println("$word $count")
    println(text.split(' ').distinct().joinToString("") { it.first().uppercase() }.reversed())
    println(counts.values.groupBy { it % 2 == 0 }.mapValues { it.value.sum() })
    println("Grüße, 世界 🌍".map { it.code.toString(16) })
}

fun numbers() {
    println(generateSequence(1 to 1) { (a, b) -> b to a + b }.map { it.first }.takeWhile { it < 1000 }.filter { it % 2 == 0 }.toList())
    println((1..20).fold(1L) { product, n -> product * n })
    val sieve = BooleanArray(10_000) { true }
    for (i in 2..99) if (sieve[i]) for (j in i * i until 10_000 step i) sieve[j] = false
    println((2 until 10_000).count { sieve[it] })
    println(listOf(1.5, -0.0, 1e300 * 1e10, 0.1 + 0.2, 100.0))
    println(listOf(Int.MAX_VALUE + 1, -7 / 2, -7 % 2, -7 shr 1, -7 ushr 28, 0x7f.toByte().inc().toInt()))
}

class Knot(val number: Int) {
    var next: Knot? = null
    var back: Knot? = null
}

// Rings of objects that only refer to each other: a collector has to see that nobody else does.
fun rings(): Long {
    var sum = 0L
    repeat(20_000) { round ->
        val first = Knot(round)
        var last = first
        for (i in 1..9) {
            val knot = Knot(round * i)
            last.next = knot
            knot.back = last
            last = knot
        }
        last.next = first
        first.back = last
        sum += first.next!!.next!!.number + first.back!!.number
    }
    return sum
}

fun deep(n: Int): Int = if (n == 0) throw IllegalStateException("the bottom") else 1 + deep(n - 1)

fun main() {
    calculator()
    words()
    numbers()
    println("rings ${rings()}")
    println(runCatching { deep(500) }.exceptionOrNull()?.message)
    println(runCatching { listOf(1, 2, 3)[5] }.isFailure)
    println(runCatching { (("text" as Any) as Int) }.exceptionOrNull() is ClassCastException)
    val cache = HashMap<Int, List<String>>()
    for (i in 0 until 50_000) cache[i % 997] = List(i % 7) { "$i/$it" }
    println("${cache.size} ${cache.values.sumOf { it.size }} ${cache[500]}")
}
