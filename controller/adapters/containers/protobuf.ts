// As much of the protobuf wire format (protobuf.dev, "Encoding") as a build session needs: numbers and bytes.

/** By field number, in the order of the message: numbers, and bytes that may be text or another message. */
export type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** @throws RangeError when the bytes are no message */
export function decode(bytes: Buffer): Message {
  const found = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("a message that is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wireType = Number(key & 7n);
    const value = wireType === 0 ? varint() : take(wireType === 2 ? Number(varint()) : wireType === 1 ? 8 : 4);
    const field = Number(key >> 3n);
    found.set(field, [...(found.get(field) ?? []), value]);
  }
  return found;
}

/** Fields of bytes and numbers; text as UTF-8. */
export function encode(fields: readonly (readonly [field: number, value: Buffer | string | number])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === "number") return [varint(field << 3), varint(value)];
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      return [varint((field << 3) | 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

export const textAt = (message: Message, field: number): string => {
  const value = message.get(field)?.[0];
  return Buffer.isBuffer(value) ? value.toString("utf8") : "";
};

export const messagesAt = (message: Message, field: number): readonly Message[] =>
  (message.get(field) ?? []).flatMap((value) => (Buffer.isBuffer(value) ? [decode(value)] : []));
