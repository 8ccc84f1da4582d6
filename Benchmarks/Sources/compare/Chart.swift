/// Horizontal bars of our wall and CPU time by the peers', with each target as a mark: SVG for light and dark pages.
struct Chart {
  private let cells: [Cell]

  private static let width = 860
  private static let left = 150
  private static let plotWidth = 590
  private static let barHeight = 10
  private static let rowHeight = 30
  private static let groupGap = 30
  private static let top = 74
  /// Where the axis ends; what is longer is cut, with its value beside it.
  private static let longest = 1.25

  private static let titles = [
    "lz4": "LZ4", "dedupe": "LZ4, deduplicated", "lz4hc,9": "LZ4HC, level 9", "none": "uncompressed",
    "image": "whole image",
  ]

  /// Only what has been measured has bars.
  init(_ cells: [Cell]) { self.cells = cells.filter { $0.wallRatio != nil } }

  private var groups: [(mode: String, cells: [Cell])] {
    var groups: [(mode: String, cells: [Cell])] = []
    for cell in cells {
      if groups.last?.mode == cell.mode {
        groups[groups.count - 1].cells.append(cell)
      } else {
        groups.append((cell.mode, [cell]))
      }
    }
    return groups
  }

  var text: String {
    let bottom = Self.top + groups.reduce(0) { $0 + Self.groupGap + $1.cells.count * Self.rowHeight }
    let height = bottom + 56
    var lines = [
      #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Self.width) \#(height)" role="img" "#
        + #"width="\#(Self.width)" height="\#(height)" font-family="system-ui, sans-serif" font-size="12">"#,
      "<title>Time of sysext-pack by that of the fastest mkfs.erofs</title>",
      Self.style,
      text(14, 22, "Time of sysext-pack by that of mkfs.erofs", "head"),
      text(14, 40, "shorter is better; 1 is the fastest of all peers, and its CPU time", "soft"),
    ]
    lines += legend(y: 58)
    lines += axis(bottom: bottom)
    var y = Self.top
    for group in groups {
      let missing = group.cells.compactMap { $0.target?.missing }.first.map { ", without \($0)" } ?? ""
      lines.append(text(14, y + 20, (Self.titles[group.mode] ?? group.mode) + missing, "group"))
      y += Self.groupGap
      for cell in group.cells {
        lines += row(cell, y)
        y += Self.rowHeight
      }
    }
    return (lines + ["</svg>"]).joined(separator: "\n")
  }

  /// Tones that are seen on white and on black; text follows the page where the viewer tells.
  private static let style = """
    <style>
    text { fill: #57606a }
    .head { font-size: 15px; font-weight: 600 }
    .group { font-weight: 600 }
    .soft, .tick { font-size: 11px }
    .wall { fill: #3f8fd2 }
    .cpu { fill: #8a7fd0 }
    .grid { stroke: #8b949e; stroke-opacity: .3 }
    .one { stroke: #8b949e; stroke-width: 1.5 }
    .target { stroke: #e0701a; stroke-width: 2.5 }
    @media (prefers-color-scheme: dark) { text { fill: #adbac7 } }
    </style>
    """

  private func legend(y: Int) -> [String] {
    [
      rectangle(14, y - 9, 18, "wall"), text(37, y, "wall time", "soft"),
      rectangle(110, y - 9, 18, "cpu"), text(133, y, "CPU time, user and system", "soft"),
      line(290, y - 11, 290, y + 3, "target"), text(298, y, "target: the bar must end before it", "soft"),
    ]
  }

  private func axis(bottom: Int) -> [String] {
    var lines: [String] = []
    for step in 0...5 {
      let value = Double(step) / 4
      let x = position(value)
      lines.append(line(x, Self.top + 4, x, bottom + 4, value == 1 ? "one" : "grid"))
      lines.append(text(x, bottom + 19, Markdown.number(value, digits: 2), "tick", anchor: "middle"))
    }
    lines.append(
      text(position(Self.longest / 2), bottom + 40, "our time / their time", "soft", anchor: "middle"))
    return lines
  }

  private func row(_ cell: Cell, _ y: Int) -> [String] {
    [text(Self.left - 10, y + 15, cell.tree, nil, anchor: "end")]
      + bar(cell.wallRatio, cell.target.map { 1 / $0.speedUp }, y + 1, "wall")
      + bar(cell.cpuRatio, cell.target?.cpuRatio, y + 2 + Self.barHeight, "cpu")
  }

  private func bar(_ ratio: Double?, _ target: Double?, _ y: Int, _ style: String) -> [String] {
    guard let ratio else { return [] }
    let end = position(min(ratio, Self.longest))
    var lines = [rectangle(Self.left, y, max(1, end - Self.left), style)]
    var beside = end
    if let target {
      let x = position(target)
      lines.append(line(x, y - 1, x, y + Self.barHeight + 1, "target"))
      // The value stands clear of a mark that is right behind the bar.
      if x >= end - 1 && x < end + 40 { beside = x }
    }
    let value = (ratio > Self.longest ? "→ " : "") + Markdown.number(ratio, digits: 2)
    return lines + [text(beside + 6, y + Self.barHeight - 1, value, "tick")]
  }

  private func position(_ value: Double) -> Int {
    Self.left + Int((value / Self.longest * Double(Self.plotWidth)).rounded())
  }

  private func rectangle(_ x: Int, _ y: Int, _ width: Int, _ style: String) -> String {
    #"<rect class="\#(style)" x="\#(x)" y="\#(y)" width="\#(width)" height="\#(Self.barHeight)" rx="1.5"/>"#
  }

  private func line(_ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int, _ style: String) -> String {
    #"<line class="\#(style)" x1="\#(x1)" y1="\#(y1)" x2="\#(x2)" y2="\#(y2)"/>"#
  }

  private func text(_ x: Int, _ y: Int, _ text: String, _ style: String?, anchor: String = "start") -> String {
    let style = style.map { #" class="\#($0)""# } ?? ""
    let anchor = anchor == "start" ? "" : #" text-anchor="\#(anchor)""#
    return #"<text x="\#(x)" y="\#(y)"\#(style)\#(anchor)>\#(text)</text>"#
  }
}
