import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [process.env.ENTAIL_MEASURE ? "tests/browser/speed.test.ts" : "tests/browser/{reports,page}.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
