// Checks an unpacked bundle with Go's own transparency log packages, which we did not write.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	folder, key := os.Args[1], os.Args[2]
	size, root := checkpoint(key, read(folder, "checkpoint"))
	if before := read(folder, "checkpoint.before"); before != "" {
		oldSize, oldRoot := checkpoint(key, before)
		proof := tlog.TreeProof(hashes(read(folder, "consistency")))
		check("consistency", tlog.CheckTree(proof, size, root, oldSize, oldRoot))
	}
	leaves := strings.Split(strings.TrimSuffix(read(folder, "leaves.jsonl"), "\n"), "\n")
	for _, leaf := range leaves {
		index, proof := receipt(folder, leaf, leaves)
		check("inclusion", tlog.CheckRecord(proof, size, root, index, tlog.RecordHash([]byte(leaf))))
	}
	fmt.Printf("%d leaves of %d\n", len(leaves), size)
}

func checkpoint(key, text string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(key)
	check("key", err)
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check("signature", err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check("size", err)
	return size, hashes(lines[2])[0]
}

// receipt returns what the proof beside a leaf says; the files are named by index, in order.
func receipt(folder, leaf string, leaves []string) (int64, tlog.RecordProof) {
	for at, each := range leaves {
		if each == leaf {
			text := read(folder, filepath.Join("proofs", os.Args[3+at]))
			head := strings.SplitN(text, "\n\n", 2)[0]
			lines := strings.SplitN(head, "\n", 3)
			index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
			check("index", err)
			if len(lines) < 3 {
				return index, nil
			}
			return index, tlog.RecordProof(hashes(lines[2]))
		}
	}
	return -1, nil
}

func hashes(text string) []tlog.Hash {
	var found []tlog.Hash
	for _, line := range strings.Fields(text) {
		octets, err := base64.StdEncoding.DecodeString(line)
		check("base64", err)
		var hash tlog.Hash
		copy(hash[:], octets)
		found = append(found, hash)
	}
	return found
}

func read(folder, name string) string {
	content, err := os.ReadFile(filepath.Join(folder, name))
	check("file", err)
	return string(content)
}

func check(what string, err error) {
	if err != nil {
		fmt.Println(what, err)
		os.Exit(1)
	}
}
