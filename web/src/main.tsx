import { render } from "preact";
import { App } from "./views/app";
import { readReport } from "./format";
import { Report } from "./model";
import "./style.css";

const holder = document.getElementById("report");
const data = readReport(holder?.textContent ?? "");
const root = document.getElementById("app")!;
root.textContent = "";
if (typeof data === "string") root.append(data);
else render(<App report={new Report(data)} />, root);
