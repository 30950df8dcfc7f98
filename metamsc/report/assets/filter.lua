-- What Quarto adds to pandoc's Markdown, as far as our documents use it: figures and tables with numbers
-- and captions, references to them and to sections, callouts, tabsets. The same numbers in every format:
-- they are counted here, and never by the format. Runs before citeproc, so that a reference to a figure is
-- never taken for a citation. How things look stands in page.css, page.typ and the styles of the docx.

local KINDS = { fig = "Figure", tbl = "Table" }
local CALLOUTS = { note = "Note", tip = "Tip", warning = "Caution", important = "Important", caution = "Caution" }
local BOXES = { ["mm-question"] = true, ["mm-answer"] = true, ["mm-notes"] = true, ["mm-manifest"] = true }
local STYLES = { ["mm-question"] = "Question", ["mm-answer"] = "Answer", ["mm-notes"] = "Table Notes" }
local HTML, TYPST, DOCX = FORMAT:match("^html") ~= nil, FORMAT == "typst", FORMAT == "docx"

local numbers = {}   -- id -> "Figure 2"
local sections = {}  -- id -> title of the section
local counts = { fig = 0, tbl = 0 }
local tabsets = 0

local function kind_of(id)
  return id:match("^(%a+)%-")
end

local function raw(text)
  return pandoc.RawBlock(TYPST and "typst" or "html", text)
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

-- a call of one of page.typ's functions: #name(arguments, [one], [two])
local function typst_call(opening, contents, closing)
  local blocks = pandoc.Blocks({ raw("#" .. opening .. "[") })
  for index, content in ipairs(contents) do
    if index > 1 then blocks:insert(raw("], [")) end
    blocks:extend(content)
  end
  blocks:insert(raw("])" .. (closing or "")))
  return blocks
end

local function styled(style, content)
  return pandoc.Div(content, { ["custom-style"] = style })
end

-- 1. numbers and titles -------------------------------------------------------------------------------

local function number_floats(div)
  local kind = kind_of(div.identifier)
  if kind == nil or KINDS[kind] == nil then return nil end
  if numbers[div.identifier] ~= nil then
    error("the label " .. div.identifier .. " stands twice")
  end
  counts[kind] = counts[kind] + 1
  numbers[div.identifier] = KINDS[kind] .. " " .. counts[kind]
  return nil
end

local function note_section(header)
  if kind_of(header.identifier) == "sec" then
    sections[header.identifier] = header.content
  end
  return nil
end

-- 2. references ---------------------------------------------------------------------------------------

local function reference(cite)
  local links = pandoc.Inlines({})
  for index, citation in ipairs(cite.citations) do
    local kind = kind_of(citation.id)
    if kind == nil or (KINDS[kind] == nil and kind ~= "sec") then return nil end
    local text = numbers[citation.id] and { pandoc.Str(numbers[citation.id]) } or sections[citation.id]
    if text == nil then
      error("@" .. citation.id .. " refers to nothing in this document")
    end
    if index > 1 then links:extend({ pandoc.Str(","), pandoc.Space() }) end
    links:insert(pandoc.Link(text, "#" .. citation.id, "", { class = "mm-ref" }))
  end
  return links
end

-- 3. tables made of HTML, for the formats that do not take it -------------------------------------------

local ROOM = { typst = 108, docx = 112 }  -- characters of the table's type across the text
local AROUND = { typst = 2, docx = 3.5 }  -- what stands free at both sides of a cell

local function longest(text)
  local word, line = 0, 0
  for one in text:gmatch("[^\n]+") do line = math.max(line, utf8.len(one) or #one) end
  -- a long word is broken behind its hyphens: "clinical/bhansali-2017.yml:50"
  for one in text:gmatch("%S+") do
    for part in (#one > 16 and one:gsub("%-", "- ") or one):gmatch("%S+") do
      word = math.max(word, utf8.len(part) or #part)
    end
  end
  return word, line
end

local function each_row(tbl, visit)
  for _, row in ipairs(tbl.head.rows) do visit(row, true) end
  for _, body in ipairs(tbl.bodies) do
    -- pandoc takes rows of header cells at the top of a body for its head: ours are headings of groups
    for _, row in ipairs(body.head) do visit(row, false) end
    for _, row in ipairs(body.body) do visit(row, false) end
  end
end

-- as browsers do it: each column its longest word, and of what is left in proportion to its longest line
local function set_widths(tbl)
  local least, most = {}, {}
  for index = 1, #tbl.colspecs do least[index], most[index] = 1, 1 end
  each_row(tbl, function(row, head)
    local column = 1
    for _, cell in ipairs(row.cells) do
      if cell.col_span == 1 then
        local word, line = longest(pandoc.write(pandoc.Pandoc(cell.contents), "plain", { columns = 9999, wrap_text = "none" }))
        if head then word, line = word * 1.18, line * 1.18 end  -- bold
        if not head and cell.classes:includes("mm-right") then word = math.max(word, math.min(line, 24)) end
        least[column], most[column] = math.max(least[column], word), math.max(most[column], line)
      end
      column = column + cell.col_span
    end
  end)
  local room, low, high = ROOM[FORMAT], 0, 0
  for index = 1, #least do
    most[index] = math.min(most[index], 60)
    least[index] = math.min(least[index], 24) + AROUND[FORMAT]
    most[index] = math.max(most[index] + AROUND[FORMAT], least[index])
    low, high = low + least[index], high + most[index]
  end
  local share = high > low and math.max(0, math.min(1, (room - low) / (high - low))) or 0
  local widths, total = {}, 0
  for index = 1, #least do
    widths[index] = least[index] + share * (most[index] - least[index])
    total = total + widths[index]
  end
  -- letters are not all of one width: where there is room, every column takes some of it
  local stretch = math.min(1.15, math.max(1, room / total)) / math.max(total, room)
  for index, spec in ipairs(tbl.colspecs) do
    tbl.colspecs[index] = { spec[1], math.floor(1000 * widths[index] * stretch) / 1000 }
  end
  return low > room
end

local function strong_row(row)
  for _, cell in ipairs(row.cells) do
    cell.contents = cell.contents:walk({
      Plain = function(el) return pandoc.Plain({ pandoc.Strong(el.content) }) end,
      Para = function(el) return pandoc.Para({ pandoc.Strong(el.content) }) end,
    })
  end
end

local function is_small(el) return el.classes:includes("mm-small") end

-- cells hold one paragraph: divs are how the HTML begins a line
local function flatten_cells(row)
  for _, cell in ipairs(row.cells) do
    local inlines = pandoc.utils.blocks_to_inlines(cell.contents:walk({
      Div = function(div)
        return is_small(div) and pandoc.Plain({ pandoc.Span(pandoc.utils.blocks_to_inlines(div.content), { class = "mm-small" }) }) or div.content
      end,
    }), { pandoc.LineBreak() })
    cell.contents = pandoc.Blocks({ pandoc.Plain(inlines) })
    if cell.classes:includes("mm-right") then cell.alignment = "AlignRight" end
  end
end

local function dress_table(tbl)
  each_row(tbl, flatten_cells)
  local wide = set_widths(tbl)
  each_row(tbl, function(row, head)
    if head or row.attr.classes:includes("mm-group") or row.attr.classes:includes("mm-total") then strong_row(row) end
  end)
  if DOCX then
    each_row(tbl, function(row)
      for _, cell in ipairs(row.cells) do
        cell.contents = pandoc.Blocks({ styled("Table Text", { pandoc.Para(pandoc.utils.blocks_to_inlines(cell.contents)) }) })
      end
    end)
    return tbl
  end
  tbl.classes:insert("typst:no-figure")
  return typst_call(wide and "mm-table(wide: true)(" or "mm-table()(", { pandoc.Blocks({ tbl }) })
end

local function from_html(block)
  if HTML or block.format ~= "html" then return nil end
  local blocks = pandoc.read(block.text, "html-native_divs-native_spans+native_divs+native_spans").blocks
  return blocks:walk({ Table = dress_table })
end

-- 4. floats, callouts, tabsets, boxes -------------------------------------------------------------------

local function float(div)
  local number = numbers[div.identifier]
  if number == nil then return nil end
  local kind = kind_of(div.identifier)
  local content = div.content
  local caption = content:remove(#content)
  local inlines = pandoc.Inlines({})
  if caption.t == "Para" or caption.t == "Plain" then
    inlines = caption.content
  else
    content:insert(caption)
  end
  local numbered = pandoc.Inlines({ pandoc.Span({ pandoc.Str(number .. "."), pandoc.Space() }, { class = "mm-number" }) })
  numbered:extend(inlines)
  if TYPST then
    local opening = ('mm-float("%s")('):format(kind)
    return typst_call(opening, { pandoc.Blocks({ pandoc.Plain(numbered) }), content }, " <" .. div.identifier .. ">")
  end
  local title = HTML and pandoc.Blocks({ raw("<figcaption>"), pandoc.Plain(numbered), raw("</figcaption>") })
    or pandoc.Blocks({ styled(kind == "fig" and "Image Caption" or "Table Caption", { pandoc.Para(numbered) }) })
  local blocks = pandoc.Blocks({})
  if kind == "tbl" then blocks:extend(title) end
  blocks:extend(content)
  if kind == "fig" then blocks:extend(title) end
  if not HTML then return pandoc.Div(blocks, { id = div.identifier }) end
  blocks:insert(1, raw('<figure id="' .. div.identifier .. '" class="mm-float mm-' .. kind .. '">'))
  blocks:insert(raw("</figure>"))
  return blocks
end

local function title_of(div, fallback)
  if div.attributes.title then
    return pandoc.Inlines({ pandoc.Str(div.attributes.title) })
  end
  if #div.content > 0 and div.content[1].t == "Header" then
    return div.content:remove(1).content
  end
  return pandoc.Inlines({ pandoc.Str(fallback) })
end

local function callout(div)
  local kind
  for _, class in ipairs(div.classes) do
    kind = kind or class:match("^callout%-(%a+)$")
  end
  if kind == nil then return nil end
  if CALLOUTS[kind] == nil then error("there is no callout-" .. kind) end
  local title = title_of(div, CALLOUTS[kind])
  local content = div.content
  if TYPST then
    return typst_call(('mm-callout("%s")('):format(kind), { pandoc.Blocks({ pandoc.Plain(title) }), content })
  elseif DOCX then
    local blocks = pandoc.Blocks({ styled("Callout Title", { pandoc.Para(title) }) })
    for _, block in ipairs(content) do
      local plain = block.t == "Para" or block.t == "Plain"
      blocks:insert(plain and styled("Callout", { block }) or block)
    end
    return blocks
  end
  local classes = 'class="mm-callout mm-' .. kind .. '"'
  local blocks
  if div.attributes.collapse ~= nil then
    local open = div.attributes.collapse == "false" and " open" or ""
    blocks = pandoc.Blocks({ raw("<details " .. classes .. open .. "><summary>"), pandoc.Plain(title), raw("</summary>") })
    blocks:extend(content)
    blocks:insert(raw("</details>"))
  else
    blocks = pandoc.Blocks({ raw("<aside " .. classes .. '><p class="mm-callout-title">'), pandoc.Plain(title), raw("</p>") })
    blocks:extend(content)
    blocks:insert(raw("</aside>"))
  end
  return blocks
end

-- Tabs without a script: details of one name, of which one is open. They are reached by keyboard, found by
-- the browser's search, opened by a link to what is in them, and all open on paper.
local function tabset(div)
  if not div.classes:includes("panel-tabset") then return nil end
  local first = div.content[1]
  if first == nil or first.t ~= "Header" then error("a panel-tabset begins with a heading, the title of its first tab") end
  if not HTML then return div.content end
  tabsets = tabsets + 1
  local blocks = pandoc.Blocks({ raw('<div class="mm-tabs">') })
  local count = 0
  for _, block in ipairs(div.content) do
    if block.t == "Header" and block.level == first.level then
      if count > 0 then blocks:insert(raw("</div></details>")) end
      count = count + 1
      local open = count == 1 and " open" or ""
      local id = block.identifier ~= "" and (' id="' .. block.identifier .. '"') or ""
      blocks:insert(raw(('<details%s name="mm-tabs-%d"%s><summary>'):format(id, tabsets, open)))
      blocks:insert(pandoc.Plain(block.content))
      blocks:insert(raw('</summary><div class="mm-tab">'))
    else
      blocks:insert(block)
    end
  end
  blocks:insert(raw("</div></details></div>"))
  return blocks
end

local function box(div)
  if HTML then return nil end
  for _, class in ipairs(div.classes) do
    if BOXES[class] then
      if TYPST then return typst_call(class .. "(", { div.content }) end
      return div:walk({ Para = function(para) return styled(STYLES[class] or "Body Text", { para }) end })
    end
  end
end

-- a tagged PDF may not skip a level of headings; the title is its first
local level = 1
local function close_levels(header)
  if not TYPST then return nil end
  level = math.min(header.level, level + 1)
  header.level = level
  return header
end

local function image(el)
  if not TYPST then return nil end
  local size = ""
  for _, side in ipairs({ "width", "height" }) do
    local given = el.attributes[side]
    if given then size = size .. (", %s: %s"):format(side, given) end
  end
  local alt = typst_string(pandoc.utils.stringify(el.caption))
  return pandoc.RawInline("typst", ("#image(%s%s, alt: %s)"):format(typst_string(el.src), size, alt))
end

local function small(span)
  if is_small(span) and TYPST then
    local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#mm-small[") })
    inlines:extend(span.content)
    inlines:insert(pandoc.RawInline("typst", "]"))
    return inlines
  end
end

-- a line in bold is the heading of what follows: it does not stay behind at the foot of a page
local function lead(para)
  if not TYPST or #para.content ~= 1 or para.content[1].t ~= "Strong" then return nil end
  local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#block(sticky: true)[") })
  inlines:extend(para.content)
  inlines:insert(pandoc.RawInline("typst", "]"))
  return pandoc.Para(inlines)
end

-- Quarto does the same by itself: what helps on a screen only is left out of paper.
local function only_html(div)
  if not HTML and div.classes:includes("content-visible") and div.attributes["when-format"] == "html" then
    return {}
  end
  return nil
end

return {
  { Div = only_html },
  { Div = number_floats, Header = note_section },
  { Cite = reference },
  { RawBlock = from_html },
  { Div = function(div) return float(div) or callout(div) or tabset(div) or box(div) end, Image = image, Span = small },
  { Header = close_levels, Para = lead },
}
