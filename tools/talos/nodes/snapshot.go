package nodes

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

// snapshot is what an etcd snapshot carries: the keys at a revision.
type snapshot struct {
	Revision int64   `json:"revision,string"`
	Entries  []entry `json:"entries"`
}

type entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

var keys = []byte("key")

// encodeSnapshot writes them as etcd does: a bbolt database with a bucket of key-value records by revision, and the
// database's sha256 behind it (etcd v3.6: server/storage/mvcc, server/etcdserver/api/v3rpc/maintenance.go).
func encodeSnapshot(content snapshot) ([]byte, error) {
	folder, err := os.MkdirTemp("", "talos-snapshot-")
	if err != nil {
		return nil, err
	}

	defer os.RemoveAll(folder) //nolint:errcheck

	file := filepath.Join(folder, "db")

	// A small page size of its own would not be read on another machine; the default is the machine's.
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}

	err = db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(keys)
		if err != nil {
			return err
		}

		for i, each := range content.Entries {
			revision := content.Revision - int64(len(content.Entries)-1-i)

			record, err := (&mvccpb.KeyValue{
				Key:            []byte(each.Key),
				Value:          []byte(each.Value),
				CreateRevision: revision,
				ModRevision:    revision,
				Version:        1,
			}).Marshal()
			if err != nil {
				return err
			}

			if err = bucket.Put(revisionKey(revision), record); err != nil {
				return err
			}
		}

		_, err = tx.CreateBucketIfNotExists([]byte("meta"))

		return err
	})

	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}

	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}

	sum := sha256.Sum256(data)

	return append(data, sum[:]...), nil
}

// decodeSnapshot reads one back. Without the check of its sum it may also be a copy of a database (recover-skip-hash-check).
func decodeSnapshot(data []byte) (snapshot, bool, error) {
	var content snapshot

	hashed := len(data)%512 == sha256.Size
	if hashed {
		sum := sha256.Sum256(data[:len(data)-sha256.Size])
		hashed = bytes.Equal(sum[:], data[len(data)-sha256.Size:])
		data = data[:len(data)-sha256.Size]
	}

	folder, err := os.MkdirTemp("", "talos-snapshot-")
	if err != nil {
		return content, false, err
	}

	defer os.RemoveAll(folder) //nolint:errcheck

	file := filepath.Join(folder, "db")
	if err = os.WriteFile(file, data, 0o600); err != nil {
		return content, false, err
	}

	db, err := bbolt.Open(file, 0o400, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return content, false, err
	}

	defer db.Close() //nolint:errcheck

	err = db.View(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(keys)
		if bucket == nil {
			return errors.New("the snapshot has no keys")
		}

		return bucket.ForEach(func(_, value []byte) error {
			var record mvccpb.KeyValue

			if err := record.Unmarshal(value); err != nil {
				return fmt.Errorf("cannot unmarshal value: %w", err)
			}

			content.Revision = max(content.Revision, record.ModRevision)
			content.Entries = append(content.Entries, entry{string(record.Key), string(record.Value)})

			return nil
		})
	})

	return content, hashed, err
}

// revisionKey is a revision as etcd's bucket has it: main and sub part, big-endian, with an underscore between.
func revisionKey(main int64) []byte {
	key := make([]byte, 17)

	binary.BigEndian.PutUint64(key, uint64(main))
	key[8] = '_'

	return key
}
