// A Go command: goroutines, channels, maps, JSON, files, the environment, timers, panics that are recovered.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type item struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Price float64 `json:"price"`
}

func load(path string) ([]item, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	var items []item
	for _, row := range rows[1:] {
		count, _ := strconv.Atoi(row[1])
		price, _ := strconv.ParseFloat(row[2], 64)
		items = append(items, item{row[0], count, price})
	}
	return items, nil
}

func square(in <-chan int, out chan<- int, done *sync.WaitGroup) {
	defer done.Done()
	for n := range in {
		out <- n * n
	}
}

func pipeline(count int) int {
	in, out := make(chan int), make(chan int, 4)
	var workers sync.WaitGroup
	for range 8 {
		workers.Add(1)
		go square(in, out, &workers)
	}
	go func() {
		for n := range count {
			in <- n
		}
		close(in)
		workers.Wait()
		close(out)
	}()
	total := 0
	for n := range out {
		total += n
	}
	return total
}

func recovered() (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	var none []int
	return fmt.Sprint(none[len(os.Args)+5])
}

func main() {
	fmt.Printf("arguments: %q\n", os.Args[1:])
	fmt.Printf("GREETING: %s\n", os.Getenv("GREETING"))
	items, err := load("/data/numbers.csv")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	sort.Slice(items, func(a, b int) bool { return items[a].Name < items[b].Name })
	text, _ := json.Marshal(items)
	fmt.Println(string(text))
	var back []item
	fmt.Println(json.Unmarshal(text, &back), len(back), back[0] == items[0])

	words := map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		for _, word := range strings.Fields(scanner.Text()) {
			words[word]++
		}
	}
	fmt.Println("words:", len(words), "line:", words["line"])
	fmt.Println("pipeline:", pipeline(1000))
	fmt.Println("recovered:", strings.Contains(recovered(), "index out of range"))
	_, err = os.ReadFile("/data/absent")
	fmt.Println("missing:", errors.Is(err, fs.ErrNotExist))

	before := time.Now()
	select {
	case <-time.After(15 * time.Millisecond):
	case <-time.After(10 * time.Second):
	}
	fmt.Println("waited:", time.Since(before) >= 15*time.Millisecond && time.Since(before) < 5*time.Second)
	if err := os.WriteFile("/data/go.txt", []byte(strings.Repeat("go ", 100)), 0o644); err != nil {
		fmt.Println(err)
	}
	about, _ := os.Stat("/data/go.txt")
	fmt.Println("written:", about.Size(), os.Remove("/data/go.txt"))
	os.Exit(5)
}
