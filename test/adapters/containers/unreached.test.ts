import { expect, test } from "vitest";
import { isAtTheDoor, unreached } from "../../../controller/adapters/containers/unreached.ts";

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

// What real programs said: Node 20 and 24 with OpenSSL 3, OpenSSH 9.2, docker 20.10.
test.each<readonly [string, Error, string, string]>([
  [
    "another CA",
    failure("unable to verify the first certificate", { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }),
    "ENGINE_LOGIN",
    "tcp://h:1 does not prove who it is: unable to verify the first certificate",
  ],
  [
    "a certificate that the engine wants",
    failure("80DC:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../x.c:1:", {
      code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
      reason: "tlsv13 alert certificate required",
    }),
    "ENGINE_LOGIN",
    "tcp://h:1 refuses the certificate of this client, or that there is none: tlsv13 alert certificate required",
  ],
  [
    "the same while writing, where Node gives no reason",
    failure("write EPROTO 80DC:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../x.c:1:", {
      code: "EPROTO",
    }),
    "ENGINE_LOGIN",
    "tcp://h:1 refuses the certificate of this client, or that there is none: tlsv1 alert unknown ca",
  ],
  [
    "no docker over there",
    failure("ssh: bash: line 1: docker: command not found"),
    "ENGINE_MISSING",
    "tcp://h:1 has no program that goes on to its engine: ssh: bash: line 1: docker: command not found",
  ],
  [
    "no right to the socket over there",
    failure("ssh: Got permission denied while trying to connect to the Docker daemon socket at unix:///d.sock"),
    "ENGINE_UNREACHABLE",
    "nothing answers at tcp://h:1: ssh: Got permission denied while trying to connect to the Docker daemon socket at unix:///d.sock",
  ],
  [
    "another key than the one that is known",
    failure("ssh: @@@\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\n@@@\nHost key verification failed."),
    "ENGINE_LOGIN",
    "tcp://h:1 is not reached: ssh: @@@\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\n@@@\nHost key verification failed.",
  ],
])("%s", (_, error, code, what) => {
  expect(isAtTheDoor(error)).toBe(true);
  const { facts } = unreached(error, "tcp://h:1");
  expect([facts.code, facts.what]).toEqual([code, what]);
  expect(facts.next).toBeTruthy();
});

test("what breaks on the way is not at the door: the request may have been heard", () => {
  expect(isAtTheDoor(failure("read ECONNRESET", { code: "ECONNRESET" }))).toBe(false);
  expect(isAtTheDoor(failure("socket hang up", { code: "ECONNRESET" }))).toBe(false);
});
