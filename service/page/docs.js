// /openapi.json -> one section an endpoint; nothing from outside.

const element = (name, text = "", kind = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
};

// Paragraphs; what is between backticks is code.
function prose(text) {
  return text.split("\n\n").map((paragraph) => {
    const made = element("p");
    made.append(...words(paragraph));
    return made;
  });
}

function words(text) {
  return text.split("`").map((part, nth) => nth % 2 ? element("code", part) : part);
}

const document_ = await (await fetch("/openapi.json")).json();

function resolve(schema) {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? document_.components.schemas[name] : schema;
}

// An example value, put together from the examples of the fields.
function example(schema) {
  const whole = { ...resolve(schema), ...schema };
  if (whole.examples) return whole.examples[0];
  if ("const" in whole) return whole.const;
  if (whole.properties) {
    return Object.fromEntries(
      Object.entries(whole.properties).map(([name, field]) => [name, example(field)]));
  }
  if (whole.anyOf) return example(whole.anyOf[0]);
  if (whole.items) return [example(whole.items)];
  return whole.default ?? whole.enum?.[0] ?? whole.type ?? null;
}

function table(rows) {
  const list = element("ul");
  list.append(...rows.map(([name, text]) => {
    const row = element("li");
    row.append(element("code", name), " ", ...words(text));
    return row;
  }));
  return list;
}

function section(method, path, operation) {
  const box = element("section", "", "operation"), title = element("h2");
  title.append(element("span", method.toUpperCase(), "method"), " ", element("code", path));
  box.append(title, ...prose(operation.description ?? operation.summary));
  const parameters = (operation.parameters ?? []).map((p) =>
    [p.name, `(${p.in}${p.required ? "" : ", optional"}) ${p.description ?? ""}`]);
  if (parameters.length) box.append(element("h3", "Parameters"), table(parameters));
  if (operation.requestBody) {
    const types = Object.keys(operation.requestBody.content).map((type) => [type, ""]);
    box.append(element("h3", "Body, as one of"), table(types));
  }
  const answers = Object.entries(operation.responses);
  box.append(element("h3", "Answers"), table(answers.map(([status, a]) => [status, a.description])));
  for (const [status, answer] of answers) {
    const schema = answer.content?.["application/json"]?.schema;
    if (schema) box.append(element("h3", status), element("pre", JSON.stringify(example(schema), null, 2)));
  }
  return box;
}

document.getElementById("summary").textContent =
  `${document_.info.summary} ${document_.info.description} Version ${document_.info.version}.`;
document.getElementById("operations").append(
  ...Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method, path, operation))));
