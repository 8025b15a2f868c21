import { describe, expect, it } from "vitest";
import { gibToBytes, talosSize } from "../../../src/config/sizes.ts";

describe("sizes", () => {
  it("counts GiB in bytes", () => {
    expect(gibToBytes(40)).toBe(42_949_672_960);
    expect(gibToBytes(65_536)).toBe(70_368_744_177_664);
  });

  // Expected values: what github.com/dustin/go-humanize v1.0.1 prints for Bytes(n).
  it.each([
    [0, "0 B"],
    [9, "9 B"],
    [10, "10 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [1_500_000, "1.5 MB"],
    [9_949_999_999, "9.9 GB"],
    [9_950_000_000, "10 GB"],
    [999_999, "1000 kB"],
    [10_500_000_000, "10 GB"],
    [11_500_000_000, "12 GB"],
    [34_359_738_368, "34 GB"],
    [42_949_672_960, "43 GB"],
    [999_999_999_999, "1000 GB"],
    [1_000_000_000_000, "1.0 TB"],
    [1_099_511_627_776, "1.1 TB"],
  ])("prints %d bytes as %s", (bytes, printed) => {
    expect(talosSize(bytes)).toBe(printed);
  });
});
