// Packs a folder as docker's command line does, without a daemon behind it.
//
//	docker_pack FOLDER >TAR
package main

import (
	"bufio"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/docker/pkg/archive"
	"github.com/docker/docker/pkg/idtools"
)

func main() {
	var patterns []string
	if file, err := os.Open(filepath.Join(os.Args[1], ".dockerignore")); err == nil {
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if line := strings.TrimSpace(lines.Text()); line != "" {
				patterns = append(patterns, line)
			}
		}
	}
	stream, err := archive.TarWithOptions(os.Args[1], &archive.TarOptions{
		ExcludePatterns: patterns,
		ChownOpts:       &idtools.Identity{UID: 0, GID: 0},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(os.Stdout, stream); err != nil {
		log.Fatal(err)
	}
}
