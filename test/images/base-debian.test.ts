import { beforeAll, expect, test } from "vitest";
import { baseDebian, describeImages, type Running } from "./kit.ts";

describeImages("base-debian", (images) => {
  let box: Running;
  beforeAll(async () => {
    box = await images.run({ image: baseDebian, command: ["sleep", "infinity"] });
  });

  // Each does its work on something that is there: a program that is installed and cannot run would not be found by `which`.
  test.each<[tool: string, command: string, answer: RegExp]>([
    ["bash", "bash -c 'echo $BASH_VERSION'", /^5\./],
    ["curl", "curl --silent file:///etc/debian_version", /^12\./],
    ["ca-certificates", "grep -c BEGIN /etc/ssl/certs/ca-certificates.crt", /^\d{3}$/],
    ["python3", "python -c 'import ssl, sqlite3, sys; print(sys.prefix)'", /^\/data\/\.venv$/],
    ["pip of the venv", "pip --version", /from \/data\/\.venv\//],
    ["ps", "ps -o comm= -p 1", /^sleep$/],
    ["top", "top -b -n 1 -p 1", /sleep/],
    ["ss", "ss --listening --tcp --numeric", /^State/],
    ["nc", "nc -z -w 1 127.0.0.1 9 || echo refused", /^refused$/],
    ["dig", "dig +short +time=1 +tries=1 @127.0.0.1 example.org || echo nobody", /nobody$/],
    ["ping", "ping -c 1 -w 5 127.0.0.1", /1 received/],
    ["ping as certuser", "setpriv --reuid=certuser --clear-groups ping -c 1 -w 5 127.0.0.1", /1 received/],
    ["ip", "ip -brief address show lo", /127\.0\.0\.1\/8/],
    ["lsof", "exec 9< /etc/hostname; lsof -p $$ -a -d 9 -F n; true", /n\/etc\/hostname/],
    ["strace", "strace -V", /^strace -- version/],
    ["less", "echo text | less", /^text$/],
    ["vi", "printf 'x' > /tmp/a; vi -es -c 's/x/y/' -c 'wq' /tmp/a; cat /tmp/a", /^y$/],
    ["jq", `echo '{"a":[1,2]}' | jq -c '.a|add'`, /^3$/],
    ["tree", "tree --noreport /data -a -L 1", /\.venv/],
  ])("has %s", async (_tool, command, answer) => {
    expect(await box.shell(command)).toMatch(answer);
  });

  test("certificates have a user and a group with fixed numbers", async () => {
    expect(await box.shell("getent passwd certuser; getent group certgroup")).toBe(
      "certuser:x:9999:9999::/nonexistent:/usr/sbin/nologin\ncertgroup:x:9999:",
    );
  });

  test("no lists and archives of packages are left", async () => {
    expect(await box.shell("ls -A /var/lib/apt/lists; find /var/cache/apt -name '*.deb'")).toBe("");
  });

  test("text is UTF-8", async () => {
    expect(await box.shell('python -c \'print("ä", len("ä"))\'; locale charmap')).toBe("ä 1\nUTF-8");
  });
});
