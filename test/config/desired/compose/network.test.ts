import { describe, expect, test } from "vitest";
import type { ContainerNetwork, NetworkAttachment } from "../../../../controller/core/ports/container-spec.ts";
import { Secret, type Text } from "../../../../controller/core/secret.ts";
import { specOf, wishOf } from "./kit.ts";

const on = (attachments: Readonly<Record<string, NetworkAttachment>>): ContainerNetwork => ({
  mode: "networks",
  attachments: new Map(Object.entries(attachments)),
});

const db = "  db: { image: busybox, scale: 2 }\n";

describe("the network of a container", () => {
  const rows: readonly (readonly [sentence: string, keys: string, expected: ContainerNetwork, beside?: string])[] = [
    [
      "the default one, under the names of the container and of the service",
      "image: busybox",
      on({ "shop-dev_default": { aliases: ["shop-dev-web-1", "web"] } }),
    ],
    [
      "its own networks, the highest priority first, then by name",
      "networks: { b: {}, a: {}, z: { priority: 10 } }",
      on({
        "shop-dev_z": { aliases: ["shop-dev-web-1", "web"] },
        "shop-dev_a": { aliases: ["shop-dev-web-1", "web"] },
        "shop-dev_b": { aliases: ["shop-dev-web-1", "web"] },
      }),
      "networks: { a: {}, b: {}, z: {} }",
    ],
    [
      "names, addresses and options",
      "networks: { a: { aliases: [www, web], ipv4_address: 10.0.0.5, ipv6_address: 'fd00::5', link_local_ips: [169.254.1.1], mac_address: 02:42:ac:11:65:43, driver_opts: { x: y }, gw_priority: 3 } }",
      on({
        outside: {
          aliases: ["shop-dev-web-1", "web", "www"],
          ipv4: "10.0.0.5",
          ipv6: "fd00::5",
          linkLocalAddresses: ["169.254.1.1"],
          macAddress: "02:42:ac:11:65:43",
          driverOptions: new Map([["x", "y"]]),
          gatewayPriority: 3,
        },
      }),
      "networks: { a: { name: outside } }",
    ],
    [
      "the service's hardware address is that of the first network",
      "mac_address: 02:42:ac:11:65:43\nnetworks: [a, b]",
      on({
        "shop-dev_a": { aliases: ["shop-dev-web-1", "web"], macAddress: "02:42:ac:11:65:43" },
        "shop-dev_b": { aliases: ["shop-dev-web-1", "web"] },
      }),
      "networks: { a: {}, b: {} }",
    ],
    [
      "links to every container of a service, with Compose's other names for it",
      "links: [db:database]",
      on({
        "shop-dev_default": {
          aliases: ["shop-dev-web-1", "web"],
          links: [
            ...["shop-dev-db-1:database", "shop-dev-db-1:db-1", "shop-dev-db-1:shop-dev-db-1"],
            ...["shop-dev-db-2:database", "shop-dev-db-2:db-1", "shop-dev-db-2:shop-dev-db-1"],
          ],
        },
      }),
      db,
    ],
    ["none", "network_mode: none", { mode: "none" }],
    ["the host's", "network_mode: host", { mode: "host" }],
    ["the engine's own bridge", "network_mode: bridge", { mode: "default" }],
    ["another service's", 'network_mode: "service:db"', { mode: "container", container: "shop-dev-db-1" }, db],
    ["another container's", 'network_mode: "container:x"', { mode: "container", container: "x" }],
    ["a network by its name in the engine", "network_mode: elsewhere", on({ elsewhere: { aliases: [] } })],
  ];
  test.each(rows.map((row) => [row[0], row] as const))("%s", (_sentence, [, keys, expected, beside = ""]) => {
    expect(specOf(keys, { beside }).network).toEqual(expected);
  });
});

test("links on the engine's own bridge are the container's, not a network's", () => {
  const beside = "  db: { image: busybox, network_mode: bridge }\n";
  const spec = specOf("network_mode: bridge\nlinks: [db]", { beside });
  expect(spec.links).toEqual(["shop-dev-db-1:db", "shop-dev-db-1:db-1", "shop-dev-db-1:shop-dev-db-1"]);
});

describe("networks and volumes of a project", () => {
  const compose = `services:
  web: { image: busybox, networks: [front, back, theirs], volumes: ["data:/data", "theirs:/theirs"] }
networks:
  front: { driver: bridge, driver_opts: { a: b }, internal: true, attachable: true, enable_ipv6: true, enable_ipv4: false, labels: { team: a },
    ipam: { driver: default, options: { o: p }, config: [{ subnet: 10.0.0.0/24, gateway: 10.0.0.1, ip_range: 10.0.0.0/25, aux_addresses: { host1: 10.0.0.9 } }] } }
  back: { name: shop-back }
  theirs: { external: true }
  unused: {}
volumes:
  data: { driver: local, driver_opts: { type: tmpfs }, labels: { team: b } }
  theirs: { external: true, name: shared }
`;

  test("are as the files say, and what no service uses is not made", () => {
    const { network, volume } = wishOf(compose);
    expect(network.map(({ id, name, isExternal, spec }) => [id, name, isExternal, spec])).toEqual([
      [
        "network:front",
        "shop-dev_front",
        false,
        {
          labels: new Map([["team", "a"]]),
          driver: "bridge",
          driverOptions: new Map([["a", "b"]]),
          internal: true,
          attachable: true,
          ipv6: true,
          ipv4: false,
          addresses: {
            driver: "default",
            options: new Map([["o", "p"]]),
            pools: [
              {
                subnet: "10.0.0.0/24",
                gateway: "10.0.0.1",
                range: "10.0.0.0/25",
                reserved: new Map([["host1", "10.0.0.9"]]),
              },
            ],
          },
        },
      ],
      ["network:back", "shop-back", false, { labels: new Map() }],
      ["network:theirs", "theirs", true, { labels: new Map() }],
    ]);
    expect(volume.map(({ id, name, isExternal, spec }) => [id, name, isExternal, spec])).toEqual([
      [
        "volume:data",
        "shop-dev_data",
        false,
        { labels: new Map([["team", "b"]]), driver: "local", driverOptions: new Map([["type", "tmpfs"]]) },
      ],
      ["volume:theirs", "shared", true, { labels: new Map() }],
    ]);
  });

  test("come before the containers that are on them", () => {
    const [web] = wishOf(compose).container;
    expect(web?.dependsOn).toEqual([
      "database:shop_dev",
      "image:busybox",
      "network:front",
      "network:back",
      "network:theirs",
      "volume:data",
      "volume:theirs",
    ]);
  });

  test.each([
    ["stopped", "stopped", "present", "present"],
    ["taken away", "absent", "absent", "absent"],
  ] as const)("%s, the environment's containers are %s", (_sentence, to, network, volume) => {
    const wish = wishOf(compose, { to, deleteData: true });
    expect(new Set(wish.container.map((one) => one.to))).toEqual(new Set([to]));
    expect(new Set(wish.network.map((one) => one.to))).toEqual(new Set([network]));
    expect(new Set(wish.volume.map((one) => [one.to, one.deleteData].join()))).toEqual(new Set([`${volume},true`]));
    expect(wish.image).toEqual([]);
  });
});

describe("a service that does not know the names of the networks", () => {
  const injected = {
    DB_HOST: "shop-dev-postgres",
    POSTSTACK_DATABASE_URL: new Secret("postgres://shop-dev-postgres/x"),
  };
  const told = `service "web" is told that the database is at shop-dev-postgres, which network_mode host does not know; on the host's network it is at the address and port of \`postgres:\` at compose.yml:4:19`;
  test.each<[string, string, Readonly<Record<string, Text>>, readonly string[]]>([
    ["with DB_HOST is told", "network_mode: host\n    environment: { DB: $DB_HOST }", injected, [told]],
    ["with the URL, too", "network_mode: host\n    environment: { DB: $POSTSTACK_DATABASE_URL }", injected, [told]],
    ["in its command, too", "network_mode: host\n    command: [serve, $DB_HOST]", injected, [told]],
    [
      "without either is right",
      "network_mode: host\n    environment: { DB: $DB_PORT }",
      { ...injected, DB_PORT: "1" },
      [],
    ],
    ["on a network is right", "environment: { DB: $DB_HOST }", injected, []],
    [
      "with an address is right",
      "network_mode: host\n    environment: { DB: $DB_HOST }",
      { ...injected, DB_HOST: "127.0.0.1" },
      [],
    ],
  ])("%s", (_sentence, keys, variables, expected) => {
    const { warnings } = wishOf(`services:\n  web:\n    image: busybox\n    ${keys}\n`, { injected: variables });
    expect(warnings).toEqual(expected);
  });
});
