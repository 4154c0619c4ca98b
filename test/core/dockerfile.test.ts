import { expect, test } from "vitest";
import { baseImages } from "../../controller/core/dockerfile.ts";

test.each<[string, string, readonly string[]]>([
  ["one", "FROM debian:12", ["debian:12"]],
  ["several, each once", "FROM a AS x\nfrom b\nFROM a", ["a", "b"]],
  ["stages and scratch are none", "FROM a AS build\nFROM scratch\nFROM Build\nCOPY --from=build / /", ["a"]],
  ["a platform is no image", "FROM --platform=linux/arm64 a", ["a"]],
  ["arguments before the first FROM count", "ARG V=1\nFROM a:$V", ["a:1"]],
  ["and those after it do not", "FROM a\nARG V=1\nFROM b:${V:-2}", ["a", "b:2"]],
  ["what was given goes before a default", "ARG WHO=none\nFROM a:${WHO}", ["a:given"]],
  ["but an argument that is not declared is none", "FROM a:${WHO:-x}${WHO:+y}", ["a:x"]],
  ["arguments made of others", "ARG A=1\nARG B=$A.2\nFROM a:$B", ["a:1.2"]],
  ["quotes, comments and lines that go on", '# FROM x\nFROM \\\n# between\n  "a:1" \\\n  AS b\n', ["a:1"]],
  ["another escape", "# escape=`\nFROM `\n a", ["a"]],
  ["Windows line ends", "FROM a\r\nFROM b\r\n", ["a", "b"]],
  ["nothing", "", []],
])("%s", (_, dockerfile, bases) => {
  expect(baseImages(dockerfile, (name) => (name === "WHO" ? "given" : undefined))).toEqual(bases);
});
