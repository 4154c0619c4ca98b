import { styleText } from "node:util";
import { plain, type Paint, type Style } from "../core/render.ts";
import type { Output } from "./world.ts";

type Format = Parameters<typeof styleText>[0];

const formats: Readonly<Record<Style, Format>> = {
  add: "green",
  change: "yellow",
  remove: "red",
  run: "cyan",
  refuse: ["red", "bold"],
  dim: "dim",
  strong: "bold",
};

// The decision whether to use colours was taken when the output was opened; styleText's own check knows one stream only.
const coloured: Paint = (style, text) => styleText(formats[style], text, { validateStream: false });

export const paintFor = (output: Output, colours: boolean): Paint => (colours && output.hasColours ? coloured : plain);
