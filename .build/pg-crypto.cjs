// In place of pg/lib/crypto/utils.js: the same functions by node:crypto. Web Crypto is another part of Node to load, and
// each of its eight calls in a login is a job of its own, for which a program that reads files meanwhile has to come to rest.
"use strict";
const crypto = require("node:crypto");
const { promisify } = require("node:util");

const pbkdf2 = promisify(crypto.pbkdf2);
const digest = (name, data) => crypto.createHash(name).update(data).digest();
const md5 = async (data) => crypto.createHash("md5").update(data).digest("hex");

module.exports = {
  randomBytes: crypto.randomBytes,
  md5,
  // Manual: protocol-flow, AuthenticationMD5Password.
  postgresMd5PasswordHash: async (user, password, salt) =>
    `md5${await md5(Buffer.concat([Buffer.from(await md5(password + user)), salt]))}`,
  sha256: async (data) => digest("sha256", data),
  hashByName: async (name, data) => digest(name, data),
  hmacSha256: async (key, data) => crypto.createHmac("sha256", key).update(data).digest(),
  // In the thread pool: it is the one that takes a while.
  deriveKey: (password, salt, iterations) => pbkdf2(password, salt, iterations, 32, "sha256"),
};
