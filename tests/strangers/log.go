// Checks exported archives with golang.org/x/mod/sumdb, which knows nothing of us: signatures on
// the checkpoint, every tile and entry against its root, inclusion and consistency.
//
// One line for each folder that is named: `accepted` or `refused: ` and why.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	for _, folder := range os.Args[1:] {
		if err := check(folder); err != nil {
			fmt.Println("refused:", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}

func check(folder string) error {
	keys, err := lines(filepath.Join(folder, "keys"))
	if err != nil {
		return err
	}
	archive := filepath.Join(folder, "archive")
	tree, err := open(filepath.Join(archive, "checkpoint"), keys)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	tiles := reader{archive}
	hashes := tlog.TileHashReader(tree, tiles)
	if err := checkTiles(tree, tiles, hashes); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	leaves, err := checkEntries(archive, tree, hashes)
	if err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	if err := checkReceipt(filepath.Join(folder, "receipt"), keys, leaves); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	old, err := open(filepath.Join(folder, "old"), keys)
	if err != nil {
		return fmt.Errorf("old checkpoint: %w", err)
	}
	return checkConsistency(filepath.Join(folder, "consistency"), old, tree, hashes)
}

// Opens a checkpoint: the log has signed (the first key), and two of the witnesses.
func open(file string, keys []string) (tlog.Tree, error) {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	return parse(bytes, keys)
}

func parse(bytes []byte, keys []string) (tlog.Tree, error) {
	var verifiers []note.Verifier
	for index, key := range keys {
		verifier, err := note.NewVerifier(key)
		if index > 0 {
			verifier, err = newCosigner(key)
		}
		if err != nil {
			return tlog.Tree{}, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(bytes, note.VerifierList(verifiers...))
	if err != nil {
		return tlog.Tree{}, err
	}
	signed := map[string]bool{}
	for _, signature := range opened.Sigs {
		signed[signature.Name] = true
	}
	if !signed[verifiers[0].Name()] || len(signed) < 3 {
		return tlog.Tree{}, fmt.Errorf("signed by %v", signed)
	}
	parts := strings.Split(opened.Text, "\n")
	if len(parts) != 4 || parts[0] != verifiers[0].Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(parts[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// A cosigner's key: type 4, whose signature has the time before it.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("not a cosigner's key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("another key's id")
	}
	return cosigner{parts[0], hash, key[1:]}, nil
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

// Reads tiles from an archive. Here a height is part of no path, and entries are not `data`.
type reader struct{ folder string }

func (r reader) Height() int { return height }

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(r.folder, path(tile)))
		if err != nil {
			return nil, err
		}
		out = append(out, bytes)
	}
	return out, nil
}

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func path(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// Every tile of the size holds what the hashes below the signed root make it.
func checkTiles(tree tlog.Tree, tiles reader, hashes tlog.HashReader) error {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		last := tree.N>>(height*uint(tile.L)) - tile.N<<height
		if tile.W < 1<<height && int64(tile.W) != last {
			continue // of a smaller log
		}
		found, err := tiles.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		right, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if !bytes.Equal(right, found[0]) {
			return fmt.Errorf("%s differs", path(tile))
		}
	}
	return nil
}

// Every entry is the one below the signed root, and has a proof.
func checkEntries(archive string, tree tlog.Tree, hashes tlog.HashReader) ([]tlog.Hash, error) {
	var leaves []tlog.Hash
	for n := int64(0); n<<height < tree.N; n++ {
		width := tree.N - n<<height
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: -1, N: n, W: int(width)}
		rest, err := os.ReadFile(filepath.Join(archive, path(tile)))
		if err != nil {
			return nil, err
		}
		for i := int64(0); i < width; i++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				return nil, errors.New("a bundle is cut short")
			}
			length := 2 + int(binary.BigEndian.Uint16(rest))
			leaf := tlog.RecordHash(rest[2:length])
			if err := checkEntry(tree, n<<height+i, leaf, hashes); err != nil {
				return nil, fmt.Errorf("entry %d: %w", n<<height+i, err)
			}
			leaves = append(leaves, leaf)
			rest = rest[length:]
		}
		if len(rest) > 0 {
			return nil, errors.New("a bundle has too many bytes")
		}
	}
	return leaves, nil
}

func checkEntry(tree tlog.Tree, index int64, leaf tlog.Hash, hashes tlog.HashReader) error {
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf)
}

// A tlog-proof that we issued.
func checkReceipt(file string, keys []string, leaves []tlog.Hash) error {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	parts := strings.SplitN(string(bytes), "\n\n", 2)
	head := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(head) < 2 || head[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a receipt")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
	if err != nil || index >= int64(len(leaves)) {
		return errors.New("no such index")
	}
	proof, err := parseHashes(head[2:])
	if err != nil {
		return err
	}
	tree, err := parse([]byte(parts[1]), keys)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index])
}

// The older checkpoint is of a beginning of this log, by a proof of theirs and by ours.
func checkConsistency(file string, old, tree tlog.Tree, hashes tlog.HashReader) error {
	theirs, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(theirs, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	ours, err := lines(file)
	if err != nil {
		return err
	}
	proof, err := parseHashes(ours)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("consistency proof: %w", err)
	}
	return nil
}

func parseHashes(texts []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func lines(file string) ([]string, error) {
	bytes, err := os.ReadFile(file)
	return strings.Split(strings.TrimSuffix(string(bytes), "\n"), "\n"), err
}
