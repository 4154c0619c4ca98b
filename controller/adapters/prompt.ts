import { PoststackError } from "../core/errors.ts";

/** Questions to a person. Only called when both ends are terminals: with a closed input the library ends the process. */
export const prompt = {
  async confirm(question: string): Promise<boolean> {
    const { confirm, isCancel } = await import("@clack/prompts");
    const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
    return !isCancel(answer) && answer;
  },

  async text(question: string): Promise<string> {
    const { text, isCancel } = await import("@clack/prompts");
    const answer = await text({ message: question, output: process.stderr });
    if (isCancel(answer)) throw new PoststackError("INTERRUPTED", { what: "the question was not answered" });
    return answer;
  },
};
