// What the recommended rules say, but for these.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // A page is named after its article, and a newspaper's headline is as long as it is.
    "long-title": "off",
  },
};
