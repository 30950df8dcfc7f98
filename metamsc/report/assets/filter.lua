-- What Quarto adds to pandoc's Markdown, as far as our documents use it: figures and tables with numbers
-- and captions, references to them and to sections, callouts. Runs before citeproc, so that a reference
-- to a figure is never taken for a citation.

local KINDS = { fig = "Figure", tbl = "Table" }
local CALLOUTS = { note = "Note", tip = "Tip", warning = "Caution", important = "Important", caution = "Caution" }

local numbers = {}   -- id -> "Figure 2"
local sections = {}  -- id -> title of the section
local counts = { fig = 0, tbl = 0 }

local function kind_of(id)
  return id:match("^(%a+)%-")
end

local function html(text)
  return pandoc.RawBlock("html", text)
end

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
  local blocks = pandoc.Blocks({ html('<figure id="' .. div.identifier .. '" class="mm-float mm-' .. kind .. '">') })
  local title = pandoc.Blocks({ html("<figcaption>"), pandoc.Plain(numbered), html("</figcaption>") })
  if kind == "tbl" then blocks:extend(title) end
  blocks:extend(content)
  if kind == "fig" then blocks:extend(title) end
  blocks:insert(html("</figure>"))
  return blocks
end

local function callout(div)
  local kind
  for _, class in ipairs(div.classes) do
    kind = kind or class:match("^callout%-(%a+)$")
  end
  if kind == nil then return nil end
  if CALLOUTS[kind] == nil then error("there is no callout-" .. kind) end
  local content = div.content
  local title = div.attributes.title and pandoc.Inlines({ pandoc.Str(div.attributes.title) })
  if title == nil and #content > 0 and content[1].t == "Header" then
    title = content[1].content
    content:remove(1)
  end
  title = title or pandoc.Inlines({ pandoc.Str(CALLOUTS[kind]) })
  local classes = 'class="mm-callout mm-' .. kind .. '"'
  local blocks
  if div.attributes.collapse ~= nil then
    local open = div.attributes.collapse == "false" and " open" or ""
    blocks = pandoc.Blocks({ html("<details " .. classes .. open .. "><summary>"), pandoc.Plain(title), html("</summary>") })
    blocks:extend(content)
    blocks:insert(html("</details>"))
  else
    blocks = pandoc.Blocks({ html("<aside " .. classes .. '><p class="mm-callout-title">'), pandoc.Plain(title), html("</p>") })
    blocks:extend(content)
    blocks:insert(html("</aside>"))
  end
  return blocks
end

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

return {
  { Div = number_floats, Header = note_section },
  { Cite = reference },
  { Div = function(div) return float(div) or callout(div) end },
}
