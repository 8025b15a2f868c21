import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as addresses from "../../../src/config/addresses.ts";

const { parseSubnet } = addresses;

describe("IPv4", () => {
  it.each(["0.0.0.0", "192.168.1.126", "255.255.255.255"])("takes %s", (address) => {
    expect(addresses.IPV4.test(address)).toBe(true);
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "::1", "1.2.3.+4"])(
    "refuses %j",
    (address) => {
      expect(addresses.IPV4.test(address)).toBe(false);
    },
  );

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0"])("refuses the subnet %j", (subnet) => {
    expect(addresses.CIDR.test(subnet)).toBe(false);
  });

  it("converts to a number and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        const address = addresses.numberToAddress(value);
        expect(addresses.IPV4.test(address)).toBe(true);
        expect(addresses.addressToNumber(address)).toBe(value);
      }),
      { seed: 20_250 },
    );
  });

  it("knows the ends of a subnet", () => {
    const subnet = parseSubnet("192.168.1.77/26");
    expect(addresses.canonicalCidr(subnet)).toBe("192.168.1.64/26");
    expect(addresses.usableRange(subnet)).toBe("192.168.1.65 to 192.168.1.126");
    expect(addresses.isNetworkOrBroadcast(subnet, "192.168.1.64")).toBe(true);
    expect(addresses.isNetworkOrBroadcast(subnet, "192.168.1.127")).toBe(true);
    expect(addresses.isNetworkOrBroadcast(subnet, "192.168.1.126")).toBe(false);
    expect(addresses.contains(subnet, "192.168.1.63")).toBe(false);
    expect(addresses.contains(subnet, "192.168.1.127")).toBe(true);
    expect(addresses.contains(subnet, "192.168.1.128")).toBe(false);
  });

  it("knows high subnets, where 32-bit arithmetic turns negative", () => {
    expect(addresses.canonicalCidr(parseSubnet("223.255.255.9/30"))).toBe("223.255.255.8/30");
    expect(addresses.canonicalCidr(parseSubnet("1.2.3.4/0"))).toBe("0.0.0.0/0");
  });

  it("sees overlaps either way round", () => {
    const pods = parseSubnet("10.244.0.0/16");
    expect(addresses.overlaps(pods, parseSubnet("10.0.0.0/8"))).toBe(true);
    expect(addresses.overlaps(parseSubnet("10.244.255.0/24"), pods)).toBe(true);
    expect(addresses.overlaps(pods, parseSubnet("10.245.0.0/16"))).toBe(false);
  });
});
