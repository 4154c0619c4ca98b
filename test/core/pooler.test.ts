import { expect, test } from "vitest";
import { withoutPooler } from "../../controller/core/pooler.ts";

test.for<[written: string, server: string]>([
  ["ep-cool-dawn-123456-pooler.us-east-2.aws.neon.tech:5432", "ep-cool-dawn-123456.us-east-2.aws.neon.tech:5432"],
  ["ep-cool-dawn-123456.us-east-2.aws.neon.tech:5432", "ep-cool-dawn-123456.us-east-2.aws.neon.tech:5432"],
  ["aws-0-eu-central-1.pooler.supabase.com:6543", "aws-0-eu-central-1.pooler.supabase.com:5432"],
  ["aws-0-eu-central-1.pooler.supabase.com:5432", "aws-0-eu-central-1.pooler.supabase.com:5432"],
  ["db.abcdefghij.supabase.co:6543", "db.abcdefghij.supabase.co:5432"],
  // What nobody documents is left as it is written, and looked at.
  ["db.example.com:6543", "db.example.com:6543"],
  ["ep-x-pooler.example.com:5432", "ep-x-pooler.example.com:5432"],
  ["ep-x-pooler.neon.tech.example.com:5432", "ep-x-pooler.neon.tech.example.com:5432"],
  ["127.0.0.1:6432", "127.0.0.1:6432"],
])("%s", ([written, server]) => {
  const [host = "", port] = written.split(":");
  const direct = withoutPooler({ host, port: Number(port) });
  expect(`${direct.host}:${direct.port}`).toBe(server);
});
