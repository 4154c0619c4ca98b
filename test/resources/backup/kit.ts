import { resourceId } from "../../../controller/core/id.ts";
import type { Endpoint } from "../../../controller/core/ports/postgres.ts";
import { Secret } from "../../../controller/core/secret.ts";
import type { Manifest } from "../../../controller/resources/backup/manifest.ts";
import type { Backup, Candidate, DesiredBackup, ObservedBackup } from "../../../controller/resources/backup/model.ts";

const login = (user: string) => ({ user, password: new Secret("secret") });

const endpoint: Endpoint = {
  host: "127.0.0.1",
  port: 5433,
  sslmode: "disable",
  database: "shop_dev",
  maintenanceDatabase: "postgres",
  admin: login("postgres"),
  owner: login("shop_dev"),
};

export const sealKey = new Secret("of this environment");

export const since = new Date("2026-11-20T12:00:00Z");

export const desiredBackup = (changes: Partial<DesiredBackup> = {}): DesiredBackup => ({
  id: resourceId("backup", "shop_dev"),
  project: "shop",
  environment: "dev",
  endpoint,
  mark: "poststack 0123",
  directory: "/shop/backups",
  sealKey,
  gate: "never",
  wish: { type: "none" },
  dependsOn: [resourceId("instance", "postgres")],
  place: { file: ".poststack.yml", line: 5, column: 7 },
  ...changes,
});

export const observedBackup = (changes: Partial<ObservedBackup> = {}): ObservedBackup => ({
  id: resourceId("backup", "shop_dev"),
  serverVersion: 150_018,
  database: "ours",
  sessions: [],
  leftovers: [],
  discarded: [],
  unpacked: [],
  tools: { on: "machine", bin: "/usr/lib/postgresql/15/bin", major: 15 },
  backups: [],
  ...changes,
});

export const manifest = (changes: Partial<Manifest> = {}): Manifest => ({
  project: "shop",
  environment: "dev",
  database: "shop_dev",
  owner: "shop_dev",
  takenAt: new Date("2026-11-20T03:00:00Z"),
  because: "asked for",
  format: "custom",
  serverVersion: 150_018,
  toolMajor: 15,
  schemaHead: "012",
  sizeBytes: 4096,
  sha256: "ab".repeat(32),
  entries: 7,
  ...changes,
});

export const backupAt = (time: string, directory = "/shop/backups"): Backup => {
  const takenAt = new Date(time);
  const name = `shop_dev-${time.replaceAll(/[-:]/g, "")}.dump`;
  return { path: `${directory}/${name}`, name, manifest: manifest({ takenAt }) };
};

export const candidate = (changes: Partial<Candidate> = {}): Candidate => ({
  path: "/shop/backups/a.dump",
  sizeBytes: 4096,
  sha256: "ab".repeat(32),
  manifest: manifest(),
  ...changes,
});
